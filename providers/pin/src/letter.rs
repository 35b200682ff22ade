//! The mail with the code.

use doorward_provider::Visit;
use doorward_provider::codes::Letter;

use crate::Pin;

/// The code first, in the subject too: it is what people look for in a list of mails.
pub(crate) fn code(visit: &Visit<'_, Pin>, code: Option<&str>) -> Letter {
    let code = code.unwrap_or_default();
    let minutes = visit.settings().codes.lifetime_s / 60;
    let subject = visit
        .service_text("mail.subject", "{code} is your code for {service}")
        .arg("code", code);
    let body = visit
        .service_text(
            "mail.text",
            "{code}\n\nThis is your code to sign in to {service}. It is valid for {minutes} minutes and works once, in \
             the browser in which you asked for it.\n\nNobody from {service} will ever ask you for it. If you did not \
             ask for it, you need not do anything.\n",
        )
        .arg("code", code)
        .arg("minutes", minutes);
    Letter::new(&subject.to_english(), body.to_english())
}
