//! What GitHub's API says about somebody.

use doorward_provider::Failure;
use doorward_provider::services::Upstream;
use doorward_provider::settings::Secret;
use doorward_provider::upstream::Ask;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Entries of one page, and most pages that are read: who is in more than a thousand teams is in the first thousand.
const PER_PAGE: usize = 100;
const MAX_PAGES: usize = 10;
/// Longest page, bytes.
const MAX_BYTES: usize = 1 << 20;

/// GitHub's API, with somebody's token.
pub(crate) struct Api<'a> {
    pub(crate) upstream: &'a dyn Upstream,
    /// Without trailing slash.
    pub(crate) base: &'a str,
    pub(crate) token: &'a Secret,
}

/// `GET /user`
#[derive(Debug, Deserialize)]
pub(crate) struct User {
    /// Stays, whatever they call themselves; names are given to others later.
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) name: Option<String>,
    pub(crate) avatar_url: Option<String>,
    pub(crate) html_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

#[derive(Debug, Deserialize)]
struct Membership {
    state: String,
    organization: Organization,
}

#[derive(Debug, Deserialize)]
struct Organization {
    login: String,
}

#[derive(Debug, Deserialize)]
struct Team {
    slug: String,
    organization: Organization,
}

impl Api<'_> {
    pub(crate) fn user(&self) -> Result<User, Failure> {
        let user: User = self.get("/user")?;
        if user.id == 0 {
            return Err(Failure::Unavailable(
                "GitHub's API (/user): `id` is 0".to_owned(),
            ));
        }
        Ok(user)
    }

    /// The primary address, if it is verified. No other: `email` of `/user` is what they show, verified or not.
    pub(crate) fn address(&self) -> Result<Option<String>, Failure> {
        let addresses: Vec<Address> = self.get(&format!("/user/emails?per_page={PER_PAGE}"))?;
        let primary = addresses
            .into_iter()
            .find(|one| one.primary && one.verified);
        Ok(primary.map(|one| one.email))
    }

    /// Organisations of which they are a member: who is only invited is not.
    pub(crate) fn organizations(&self) -> Result<Vec<String>, Failure> {
        let memberships: Vec<Membership> = self.all("/user/memberships/orgs?state=active")?;
        let active = memberships.into_iter().filter(|one| one.state == "active");
        Ok(active.map(|one| one.organization.login).collect())
    }

    /// Teams, as `organisation/team`.
    pub(crate) fn teams(&self) -> Result<Vec<String>, Failure> {
        let teams: Vec<Team> = self.all("/user/teams?")?;
        let name = |team: Team| format!("{}/{}", team.organization.login, team.slug);
        Ok(teams.into_iter().map(name).collect())
    }

    fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        for page in 1..=MAX_PAGES {
            let separator = if path.ends_with('?') { "" } else { "&" };
            let found: Vec<T> =
                self.get(&format!("{path}{separator}per_page={PER_PAGE}&page={page}"))?;
            let last = found.len() < PER_PAGE;
            all.extend(found);
            if last {
                break;
            }
        }
        Ok(all)
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let short = path.split('?').next().unwrap_or_default();
        let failed = |why: String| Failure::Unavailable(format!("GitHub's API ({short}): {why}"));
        let answered = Ask::get("GitHub's API", &format!("{}{path}", self.base))
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .bearer(self.token)
            .at_most(MAX_BYTES)
            .send(self.upstream)?;
        match answered.status {
            200 => serde_json::from_value(answered.json)
                .map_err(|_| failed("its answer has another shape than is documented".to_owned())),
            status @ (403 | 404) => Err(failed(format!(
                "it answered {status}: a scope or a permission is missing, or its rate limit is reached"
            ))),
            status => Err(failed(format!("it answered {status}"))),
        }
    }
}
