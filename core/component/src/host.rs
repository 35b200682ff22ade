//! The one value behind all ports.

/// Every port of [`doorward_protocol::ports`], answered by the imports of the component. It holds nothing: what a request
/// leaves behind is in the host's store, never here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WitHost;
