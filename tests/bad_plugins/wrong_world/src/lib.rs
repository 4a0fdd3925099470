//! An adapter whose manifest says that it is a rule.

use cordboard_bad_decent::adapter::{Bad, Decent};

cordboard_sdk::export_adapter!(Bad<Decent>);
