//! [`Clock`] over `wasi:clocks/wall-clock`.

use crate::host::WitHost;
use doorward_protocol::ports::Clock;
use doorward_protocol::time::UnixTime;

impl Clock for WitHost {
    fn now(&self) -> UnixTime {
        UnixTime(wasip2::clocks::wall_clock::now().seconds)
    }
}
