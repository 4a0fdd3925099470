//! Rules and candidates as the operator sees them.

use crate::centre::Centre;
use crate::centre::matching::{Compared, Decided, Lanes, Standing};
use crate::model::quarantine::OutOfService;
use crate::model::{Lane, Timestamp};
use serde::{Deserialize, Serialize};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// Of which pool.
    pub pool: String,
    /// In which of its chains.
    #[serde(default)]
    pub lane: Lane,
    /// As the operator's file names it.
    pub name: String,
    /// Which component with which settings, in hexadecimal digits.
    pub digest: String,
    /// Whether it is left out now because it fails.
    pub broken: bool,
    /// Why it is left out until another takes its place or the operator releases it, where it is.
    pub quarantined: Option<String>,
    /// Since when.
    #[serde(default)]
    pub quarantined_since: Option<Timestamp>,
    /// Instructions in this place, roughly, since it was put there.
    #[serde(default)]
    pub fuel: u64,
}

/// The candidates of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidatesView {
    /// Which.
    pub pool: String,
    /// Since when it is counted; nothing where nothing was yet.
    pub since: Option<Timestamp>,
    /// A chain that is only compared.
    pub shadow: Option<ShadowView>,
    /// A chain that decides about a share.
    pub canary: Option<CanaryView>,
}

/// A pool's shadow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShadowView {
    /// Its rules.
    pub rules: Vec<String>,
    /// Their fuel.
    pub fuel: u64,
    /// A rule of it that is out of service, and why.
    pub quarantined: Option<QuarantineView>,
    /// How it compares.
    pub compared: Compared,
}

/// A pool's canary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryView {
    /// Its rules.
    pub rules: Vec<String>,
    /// Their fuel.
    pub fuel: u64,
    /// Its share, in millionths.
    pub share_ppm: u32,
    /// Why the chain in service decides about its share, where it does.
    pub rolled_back: Option<QuarantineView>,
    /// What it has decided.
    pub decided: Decided,
}

/// A rule that is out of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineView {
    /// Which.
    pub rule: String,
    /// Why.
    pub why: String,
}

impl Centre {
    pub(super) fn rule_views(&self) -> Vec<RuleView> {
        let of_pool = |(pool, lanes): (&String, &Lanes)| {
            let view = |(lane, rule): (Lane, Standing<'_>)| RuleView {
                pool: pool.clone(),
                lane,
                name: rule.name.to_owned(),
                digest: format!("{:#}", rule.digest),
                broken: rule.is_broken,
                quarantined: rule.quarantined.map(|out| out.why.clone()),
                quarantined_since: rule.quarantined.map(|out| out.since),
                fuel: rule.fuel,
            };
            lanes.rules().map(view).collect::<Vec<_>>()
        };
        self.chains.iter().flat_map(of_pool).collect()
    }

    pub(super) fn candidates_views(&self) -> Vec<CandidatesView> {
        self.chains.iter().filter_map(|(pool, lanes)| self.candidates_view(pool, lanes)).collect()
    }

    fn candidates_view(&self, pool: &str, lanes: &Lanes) -> Option<CandidatesView> {
        if lanes.get(Lane::Canary).is_none() && lanes.get(Lane::Shadow).is_none() {
            return None;
        }
        let trial = self.trials.get(pool);
        let why = |(rule, out): (&str, &OutOfService)| QuarantineView { rule: rule.to_owned(), why: out.why.clone() };
        let shadow = lanes.get(Lane::Shadow).map(|shadow| ShadowView {
            rules: shadow.rules().map(|rule| rule.name.to_owned()).collect(),
            fuel: shadow.rules().map(|rule| rule.fuel).sum(),
            quarantined: shadow.quarantined().map(why),
            compared: trial.map(|trial| trial.shadow.clone()).unwrap_or_default(),
        });
        let canary = lanes.get(Lane::Canary).map(|canary| CanaryView {
            rules: canary.rules().map(|rule| rule.name.to_owned()).collect(),
            fuel: canary.rules().map(|rule| rule.fuel).sum(),
            share_ppm: lanes.share_ppm(),
            rolled_back: lanes.rolled_back().map(why),
            decided: trial.map(|trial| trial.canary).unwrap_or_default(),
        });
        Some(CandidatesView { pool: pool.to_owned(), since: trial.map(|trial| trial.since), shadow, canary })
    }
}
