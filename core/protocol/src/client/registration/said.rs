//! What is said of a client that nobody registered: by itself, and by whom the operator trusts.

use crate::client::arrivals;
use crate::client::sector_identifier_uri::{self, SectorDocument};
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::software_statement::{self, SoftwareStatement};
use crate::time::UnixTime;
use serde_json::{Map, Value};

/// The member of a registration request that holds a statement (RFC 7591 §2.3).
const MEMBER: &str = "software_statement";

/// Metadata whose software statement, if there is one, was verified and taken in. Only its constructors build one, so that no statement is
/// passed over.
#[derive(Debug, Clone)]
pub struct Said {
    members: Map<String, Value>,
    statement: Option<SoftwareStatement>,
    sector: Option<SectorDocument>,
}

impl Said {
    /// A registration request. What its statement says goes before what it says itself (§3.1.1). `from`: the address that it came from; what it
    /// has us fetch is counted with registrations.
    ///
    /// # Errors
    /// [`Refusal::SoftwareStatementUnapproved`], [`Refusal::SoftwareStatementInvalid`]; [`Refusal::ClientMetadataInvalid`] without a statement
    /// where the operator demands one; [`Refusal::Unreachable`] if its issuer's keys cannot be had; [`Refusal::TooManyRequests`]; those of
    /// [`sector_identifier_uri::fetch`].
    pub fn in_request(
        plain: &Map<String, Value>,
        from: Option<&str>,
        server: &Server,
        now: UnixTime,
        host: &dyn Host,
    ) -> Result<Self, Refusal> {
        let mut members = plain.clone();
        let statement = match members.remove(MEMBER) {
            None | Some(Value::Null) if server.registration.software_statement_required => {
                return Err(Refusal::ClientMetadataInvalid(
                    "software_statement is missing: only software that is vouched for registers here".to_owned(),
                ));
            }
            None | Some(Value::Null) => None,
            Some(Value::String(jwt)) => Some(software_statement::verify(&jwt, server, now, host)?),
            Some(_) => return Err(Refusal::SoftwareStatementInvalid("it is no string")),
        };
        if let Some(statement) = &statement {
            members.extend(statement.metadata().clone());
        }
        let sector = sector(&members, from, server, now, host)?;
        Ok(Self {
            members,
            statement,
            sector,
        })
    }

    /// A metadata document. That it holds no statement its reader has checked.
    #[must_use]
    pub(in crate::client) const fn in_document(members: Map<String, Value>) -> Self {
        Self {
            members,
            statement: None,
            sector: None,
        }
    }

    /// Everything that is said, by whomever.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// What lies at its `sector_identifier_uri`, if it needs one.
    #[must_use]
    pub const fn sector(&self) -> Option<&SectorDocument> {
        self.sector.as_ref()
    }

    /// Who vouches for it, if anyone.
    #[must_use]
    pub const fn statement(&self) -> Option<&SoftwareStatement> {
        self.statement.as_ref()
    }
}

/// Fetched only where it counts: [`crate::client::metadata`] says what is wrong with it elsewhere.
fn sector(
    members: &Map<String, Value>,
    from: Option<&str>,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<SectorDocument>, Refusal> {
    let says = |name: &str| members.get(name).and_then(Value::as_str);
    match says("sector_identifier_uri") {
        Some(uri) if server.pairwise.enabled && says("subject_type") == Some("pairwise") => {
            arrivals::admit(from, server, now, host)?;
            sector_identifier_uri::fetch(uri, now, host).map(Some)
        }
        _ => Ok(None),
    }
}
