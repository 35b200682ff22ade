//! The mail with the link.

use doorward_provider::codes::Letter;

use crate::Visited;
use crate::texts::TEXTS;

/// The link first, the code for another browser below it. The code is not in the subject: a screen that is locked shows subjects.
pub(crate) fn link(visit: &Visited<'_>, code: Option<&str>) -> Letter {
    let code = code.unwrap_or_default();
    let context = visit.context();
    let link = format!(
        "{}/link?transaction={}&code={code}",
        context.base_url, context.transaction
    );
    let minutes = visit.settings().codes.lifetime_s / 60;
    let say = |id: &str| {
        let text = TEXTS
            .text(id)
            .arg("service", &context.service_name)
            .arg("link", &link)
            .arg("code", code)
            .arg("minutes", minutes);
        TEXTS.say(&context.language, &text)
    };
    Letter::new(&say("mail.subject"), say("mail.text"))
}
