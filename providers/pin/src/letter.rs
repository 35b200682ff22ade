//! The mail with the code.

use doorward_provider::Visit;
use doorward_provider::codes::Letter;

use crate::Pin;
use crate::texts::TEXTS;

/// The code first, in the subject too: it is what people look for in a list of mails.
pub(crate) fn code(visit: &Visit<'_, Pin>, code: Option<&str>) -> Letter {
    let context = visit.context();
    let minutes = visit.settings().codes.lifetime_s / 60;
    let say = |id: &str| {
        let text = TEXTS
            .text(id)
            .arg("service", &context.service_name)
            .arg("code", code.unwrap_or_default())
            .arg("minutes", minutes);
        TEXTS.say(&context.language, &text)
    };
    Letter::new(&say("mail.subject"), say("mail.text"))
}
