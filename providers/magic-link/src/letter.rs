//! The mail with the link.

use doorward_provider::codes::Letter;

use crate::Visited;

/// The link first, the code for another browser below it. The code is not in the subject: a screen that is locked shows subjects.
pub(crate) fn link(visit: &Visited<'_>, code: Option<&str>) -> Letter {
    let code = code.unwrap_or_default();
    let context = visit.context();
    let link = format!(
        "{}/link?transaction={}&code={code}",
        context.base_url, context.transaction
    );
    let minutes = visit.settings().codes.lifetime_s / 60;
    let subject = visit.service_text("mail.subject", "Sign in to {service}");
    let body = visit
        .service_text(
            "mail.text",
            "Open this link to sign in to {service}:\n\n{link}\n\nIt works in the browser in which you asked for it, once, for \
             {minutes} minutes. If you read this elsewhere, type this code there instead:\n\n{code}\n\nNobody from {service} \
             will ever ask you for it. If you did not ask for it, you need not do anything.\n",
        )
        .arg("link", link)
        .arg("minutes", minutes)
        .arg("code", code);
    Letter::new(&subject.to_english(), body.to_english())
}
