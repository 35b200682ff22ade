//! The operator's way in: `doorward:host/administration`.

use crate::Component;
use crate::bindings::exports::doorward::host::administration::{Failure, Guest};
use crate::host::WitHost;
use doorward_protocol::administration;

impl Guest for Component {
    fn run(command: String) -> Result<String, Failure> {
        administration::run(&command, &WitHost).map_err(failure)
    }
}

fn failure(failure: administration::Failure) -> Failure {
    match failure {
        administration::Failure::Refused(why) => Failure::Refused(why),
        administration::Failure::Absent => Failure::Absent,
        administration::Failure::Unavailable(why) => Failure::Unavailable(why),
    }
}
