//! How answers are spelt in JSON; `openapi.json` says the same.

use crate::model::request::{Assignment, Standing, Status};
use hyper::StatusCode;
use serde_json::{Value, json};

/// `waiting`, `offered`, ...
pub(super) fn state(standing: &Standing) -> &'static str {
    match standing {
        Standing::Waiting { .. } => "waiting",
        Standing::Offered(_) => "offered",
        Standing::Accepted(_) => "accepted",
        Standing::Ended(_) => "ended",
    }
}

pub(super) fn status(status: &Status) -> Value {
    let mut answer = json!({
        "id": status.id,
        "state": state(&status.standing),
        "queue": status.queue,
        "medium": status.medium,
    });
    let more = match &status.standing {
        Standing::Waiting { place, why, wait } => json!({
            "place": place,
            "why": why,
            "wait_low_ms": wait.map(|wait| wait.low_ms),
            "wait_high_ms": wait.map(|wait| wait.high_ms),
        }),
        Standing::Offered(to) | Standing::Accepted(to) => assignment(to),
        Standing::Ended(reason) => json!({ "reason": reason }),
    };
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
    }
    answer
}

fn assignment(to: &Assignment) -> Value {
    json!({
        "offer": to.offer,
        "agent": to.agent,
        "shown_as": to.shown_as,
        "address": to.address,
        "expires_ms": to.expires,
    })
}

/// The HTTP status of a refusal of the centre.
pub(super) fn of_code(code: &str) -> StatusCode {
    match code {
        "not-found" => StatusCode::NOT_FOUND,
        "stale" | "conflict" => StatusCode::CONFLICT,
        "key-used" => StatusCode::UNPROCESSABLE_ENTITY,
        "busy" | "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// The word of a refusal of HTTP.
pub(super) fn code(status: StatusCode) -> String {
    match status {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        _ => "bad-request",
    }
    .to_owned()
}
