//! Requests and responses of HTTP.

use super::{copied, taken, wit};
use crate::model;

impl From<&model::HttpRequest> for wit::HttpRequest {
    fn from(r: &model::HttpRequest) -> Self {
        Self { method: r.method.clone(), url: r.url.clone(), headers: copied(&r.headers), body: r.body.clone() }
    }
}

impl From<wit::HttpRequest> for model::HttpRequest {
    fn from(r: wit::HttpRequest) -> Self {
        Self { method: r.method, url: r.url, headers: taken(r.headers), body: r.body }
    }
}

impl From<&model::HttpResponse> for wit::HttpResponse {
    fn from(r: &model::HttpResponse) -> Self {
        Self { status: r.status, headers: copied(&r.headers), body: r.body.clone() }
    }
}

impl From<wit::HttpResponse> for model::HttpResponse {
    fn from(r: wit::HttpResponse) -> Self {
        Self { status: r.status, headers: taken(r.headers), body: r.body }
    }
}
