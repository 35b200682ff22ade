//! Threats: what an attacker tries, what in the code stops it, and the test that goes red without it.
//!
//! Tests named `a::b` are modules of this crate; the others are in `tests/`.
//!
//! | attack | defence | test |
//! |---|---|---|
//! | Redirect a code to a place of the attacker's (RFC 9700 §4.1) | [`crate::redirect_uri::find`]: exact bytes; only it builds a [`crate::redirect_uri::RegisteredRedirectUri`], and nothing else is redirected to | `redirect_uri::oauth21_s2_3_1_comparison_is_exact` |
//! | Use us as an open redirector | errors are told on a page until client and redirect URI are known, [`crate::authorization::Refused`]; who is not signed in is sent nowhere by a client that came by itself | `rfc9700`, `tests::requests::rfc9700_s4_11_2_an_acr_that_nobody_has_sends_nobody_on`, `tests::sign_in::signing_out_sends_nobody_on_to_strangers_who_was_not_signed_in` |
//! | Inject a stolen code into another session (§4.5) | PKCE `S256`, [`crate::pkce::verify`] | `pkce::s4_6_wrong_missing_short_and_long_verifiers_are_refused` |
//! | Downgrade PKCE | a method without challenge, `plain`, or a verifier without challenge are refused | `pkce::s4_3_only_s256_counts` |
//! | Use a code twice, also at the same instant | the code's state is in the grant's record; spending it is a conditional write; a replay removes the record | `tests::code_flow`, `races` |
//! | Burn somebody's code or grant with a guess | ownership and secrets are checked before anything changes; revoking needs the family part of the token | `tests::code_flow::who_knows_only_the_id_of_a_grant_cannot_have_it_revoked` |
//! | Use a stolen refresh token | rotation; reuse after the window revokes the grant, [`mod@crate::grant::refresh_token`] | `tests::code_flow::rfc9700_s4_14_2_reuse_after_the_window_revokes_the_grant` |
//! | Refresh in another client's name where none must be given | only a public client with the switch, named by a token whose family its grant knows, [`crate::client::authenticate::by_refresh_token`] | `tests::openauth` |
//! | Read the store and use what is in it | only hashes of codes, tokens, cookies and secrets are kept; successors need the old token and the salt | `tests::code_flow::nothing_that_is_kept_holds_a_token_or_makes_one` |
//! | Fix a session before sign-in (CVE-2026-7507) | every sign-in makes a new session id and secret, [`crate::session::begin`] | `tests::sign_in::the_session_is_a_new_one_after_every_sign_in` |
//! | Have a victim finish the attacker's sign-in | a sign-in is bound to the browser that began it, [`crate::login::find`] | `tests::sign_in::a_link_to_someone_elses_sign_in_is_worth_nothing` |
//! | Post our forms from another site | [`crate::browser::Browser::csrf`]: a token made from the browser's secret, the sign-in and what was shown | `pages` |
//! | Get consent from the wrong person | the consent form is bound to the person it was shown to | `tests::sign_in::a_form_shown_to_one_person_is_no_consent_of_another` |
//! | Pose as a native client that was agreed to before (RFC 8252 §8.6) | consent is remembered for https redirect URIs only, [`crate::consent`] | `rfc8252` |
//! | Take over an account by registering its address elsewhere | addresses merge accounts only if both sides verified them, [`crate::user::recognise`] | `tests::sign_in::an_address_merges_accounts_only_when_both_sides_verified_it` |
//! | Pass an ID token off as an access token (RFC 9068 §5) | `typ` is checked, [`crate::token::jwt::verify_own`] | `rfc9068` |
//! | Name a key or algorithm in the token itself | only our keys, by `kid`, each for its own algorithm; `crit` is refused | `rfc9068` |
//! | Have a JWT of one's own taken for a client's (RFC 8725 §2) | keys come from the registration alone, `alg` from a list, [`crate::token::foreign`]; only it builds a [`crate::token::foreign::Verified`] | `tests::foreign`, `rfc7523` |
//! | Sign by a key of somebody's that can be computed: small, of exponent 1, or of a flawed chip (CVE-2017-15361) | no such key is taken, [`crate::jwk::PublicJwk::read`] | `jwk::roca`, `vectors` |
//! | Use an assertion that was made for another server or endpoint | `aud` is one string, the issuer, [`crate::client::assertion`] | `tests::client_assertions::rfc7523_s3_each_claim_must_be_right` |
//! | Use an assertion twice, also at the same instant | its `jti` is one insert, [`crate::one_time::consume`], after everything else | `races`, `tests::jwt_bearer::of_two_that_race_with_one_assertion_one_wins` |
//! | Make us fetch keys as often as requests come | [`crate::jwks`]: kept, one fetch a minute for unknown keys, failures remembered; nothing is fetched for a token that is wrong already | `tests::foreign::a_new_kid_has_the_keys_fetched_again_once_a_minute` |
//! | Change a signed request outside its signature (RFC 9101 §10.3) | what is outside is dropped, [`crate::request_object::unpack`] | `tests::request_objects::a_signed_request_is_answered_by_what_it_says_inside` |
//! | Have an identity provider speak of other people than its own | it is believed about one provider's subjects and about addresses at named domains, [`crate::grant::jwt_bearer`] | `tests::jwt_bearer::a_person_is_known_by_their_subject_or_by_an_address_the_issuer_is_believed_about` |
//! | Use a policy, or a hole in one, to gain scopes | [`crate::policy::permit`]: a wider answer, a reserved claim or any failure denies | `tests::code_flow::a_policy_that_widens_or_sets_reserved_claims_denies` |
//! | Send people to phishing through a provider | providers may redirect only to https hosts of their own | `endpoint::provider::providers_send_browsers_only_to_their_own_hosts_over_https` |
//! | Change an authorization request on its way through the browser, or use a pushed one in another | the reference alone counts; it is spent by one conditional write and bound to client and browser, [`crate::pushed`] (RFC 9126 §7) | `tests::pushed`, `races` |
//! | Get claims by name that a scope would not have given (OpenID Connect Core §5.5) | the scope that holds a claim must be the client's and the policy's; the consent page names it, [`crate::claims_parameter`] | `tests::by_name` |
//! | Have people agree to `authorization_details` that nobody reads (RFC 9396 §12) | only declared types and members; each consent shows them whole, and its form is bound to them, [`crate::authorization_details`] | `tests::details` |
//! | Pass off an old or weak sign-in as a strong one | "continue as" never counts as a sign-in; an essential `acr` is reached or there is no code, [`crate::acr`] | `tests::requests::choosing_an_account_is_no_sign_in` |
//! | Have us connect to what only we reach (SSRF), by a URL or by a name that resolves inward | [`crate::egress`] by name; the native host resolves once and connects to the address that it judged | `egress::cimd_s6_5_urls_that_are_not_public_are_refused`, `outbound` |
//! | Pass off a certificate in a header, or one that nobody vouches for | headers from named proxies only, once; [`crate::client::mutual_tls`] asks whether an authority vouched | `rfc8705` |
//! | Say one parameter twice and have two readers disagree | any repeated parameter is refused, [`crate::params`] | `params::rfc6749_s3_1_repeated_parameters_are_refused` |
//! | Keep a stolen token alive past sign-out, or hide it from its owner | ending is one write to the truth; indexes keep nothing alive and are written first, [`crate::granted`] | `tests::leaving::every_way_of_ending_reaches_everything_that_it_must` |
//! | Have somebody's browser remove their applications or sign them out | every form of the account page is bound to session, action and target | `tests::leaving::every_form_is_bound_to_session_action_and_target` |
//! | Use logout tokens to knock at other people's doors | [`crate::backchannel_logout::check_uri`]: https; strangers' only on hosts of their own; no redirects; the host's egress rules | `backchannel_logout::s2_2_where_logout_tokens_go` |
//! | Slow everybody's sign-out by a client that never answers | 3 seconds for all, the rest later and beside requests | `tests::leaving::slow_clients_do_not_keep_people_waiting` |
//! | Pass a logout token off as an ID or access token | `typ` is `logout+jwt`; no `nonce` | `tests::leaving::a_logout_token_is_no_hint_and_no_access_token` |
//! | Use a stolen access, refresh token or code | it is bound to a key, which every use must prove by a fresh proof, [`crate::dpop`] | `rfc9449` |
//! | Send a proof again | its `jti` is inserted, once, for as long as it would hold, [`crate::dpop::Proof::spend`] | `races` |
//! | Use a bound token as a bearer token | each scheme takes its own kind only, `endpoint::sender` | `rfc9449::s7_2_a_bound_token_is_no_bearer_token_and_the_other_way_round` |
//! | Gain by exchanging a token: scope, audience, time, another's token | [`crate::grant::token_exchange`] only narrows, for its client, its audience, or whom the operator lets | `tests::exchange` |
//! | Outlive a revocation by exchange | the new token hangs on the same grant, and ends when the old one does | `tests::exchange::what_ends_the_subject_token_ends_what_came_from_it` |
//! | Pass an access token of the common type off as an ID token, or the other way round | `token_use`, which only access tokens have, [`crate::token::access`] | `tests::access_tokens::rfc9068_s5_access_tokens_of_the_common_type_are_no_id_tokens_and_the_other_way_round` |
//! | Recognise a person at two applications | `sub` and `sid` by sector, [`crate::pairwise`] | `tests::pairwise` |
//! | Have oneself told the names that another sector knows | nobody who came by themselves moves into a sector, or is in one by a redirect URI that they need not own or that [`crate::client::sector_identifier_uri`] does not list | `tests::sector_identifier` |
//! | Ask who is signed in by a name that another application was told | a hint counts by the name that this client knows, `endpoint::authorize` | `tests::pairwise::core_s8_1_the_public_name_of_a_person_is_nobodys_to_a_pairwise_client` |
//! | Use what a removed client was given once another has its name | [`crate::client::Client::was_there`] | `tests::code_flow::what_a_removed_client_was_given_does_not_come_back_with_its_name` |
//! | Register clients until the store is full, or keep others from registering | per network ([`crate::client::arrivals`]) and in all ([`crate::client::registration::room`]), and unused ones end | `tests::registration_bounds::rfc9700_s59_open_registration_is_bounded`, `…::max_unused_counts_the_unused` |
//! | Name documents until the store is full | the same per network, and what nobody let in is forgotten after an hour: [`crate::client::metadata_document`] | `tests::documents_kept::s8_7_one_network_names_so_many_documents_in_an_hour` |
//! | Ask for a token that a client, or an endpoint of ours, takes for its own | neither is a resource: [`crate::resource::from_request`] | `tests::metadata_document::rfc8707_s2_no_client_is_a_resource`, `tests::access_tokens::rfc8707_s2_our_own_endpoints_are_nobodys_resource` |
//! | Register as someone else: choose an id, or the operator's own members | ids are made up, other members are not read: [`crate::client::registration`] | `tests::registration::members_of_the_operator_alone_are_not_read` |
//! | Be vouched for by nobody: a software statement that is forged, for another server, or left out of a change | [`crate::software_statement::verify`]; [`crate::client::registration::Said`] is built by no other way | `tests::software_statements` |
//! | Have scripts run by a registered URI (`javascript:` and its kin) | every URI has a scheme that leads somewhere: [`crate::redirect_uri::place`] | `tests::registration::no_uri_that_is_registered_runs_a_script` |
//! | Learn which clients there are, or change them | one answer for every wrong token: [`crate::endpoint::register`] | `tests::registration_management::rfc7592_s3_a_wrong_token_says_nothing_of_whether_there_is_a_client` |
//! | Flood a server by keys, sectors or sign-outs of one's own clients | what strangers lead us to is counted by host, `fetches` | `tests::client_assertions::a_client_that_registered_itself_leads_us_to_its_keys_so_often_and_no_more`, `tests::leaving::strangers_clients_have_one_host_told_so_often_and_no_more` |
//! | Have us fetch from private networks, or flood a server | the form of the URL, counters for each host, and the host's own rules: [`crate::client::metadata_document`] | `tests::documents_kept::nobody_can_have_us_send_many_requests_to_one_host` |
//! | Change a document that people agreed to | consent is bound to where the answers go and to the keys: [`crate::client::registration::consent_digest`] | `tests::metadata_document::consent_to_a_document_is_remembered_until_it_changes` |
