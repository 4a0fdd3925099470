//! An adapter without a vice, to compare the bad ones with.

use cordboard_bad_decent::adapter::{Bad, Decent};

cordboard_sdk::export_adapter!(Bad<Decent>);
