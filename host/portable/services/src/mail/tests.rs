//! What is sent to a service, byte by byte, and what its answer means.

use super::*;
use crate::fake::Fake;

fn message() -> Message {
    Message {
        channel: "email".into(),
        to: "ann@example.com".into(),
        subject: "Your \"code\"".into(),
        text: "Grüße,\nyour code is 123456.\n".into(),
        code: Some("123456".into()),
    }
}

fn settings(service: Service, url: &str) -> Mail {
    Mail {
        service,
        url: url.into(),
        from: "Doorward <no-reply@auth.example>".into(),
    }
}

fn host() -> Fake {
    let host = Fake::default();
    host.set("mail_token", "t0ken-secret");
    host
}

#[test]
fn resend_is_sent_what_it_documents() {
    let mail = settings(Service::Resend, "https://api.resend.example/emails");
    let request = request(&message(), Some(&mail), &host()).ok().unwrap();
    assert_eq!(
        request.url,
        HttpUrl {
            plain: false,
            authority: "api.resend.example",
            path_with_query: "/emails"
        }
    );
    let (name, value) = &request.authentication;
    assert_eq!(
        (*name, value.as_str()),
        ("authorization", "Bearer t0ken-secret")
    );
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        r#"{"from":"Doorward <no-reply@auth.example>","to":["ann@example.com"],"subject":"Your \"code\"","text":"Grüße,\nyour code is 123456.\n"}"#
    );
}

#[test]
fn postmark_is_sent_what_it_documents() {
    let mail = settings(Service::Postmark, "http://127.0.0.1:1025/email");
    let request = request(&message(), Some(&mail), &host()).ok().unwrap();
    assert!(request.url.plain);
    let (name, value) = &request.authentication;
    assert_eq!(
        (*name, value.as_str()),
        ("x-postmark-server-token", "t0ken-secret")
    );
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        r#"{"From":"Doorward <no-reply@auth.example>","To":"ann@example.com","Subject":"Your \"code\"","TextBody":"Grüße,\nyour code is 123456.\n"}"#
    );
}

#[test]
fn what_is_missing_is_named_and_nothing_secret_is() {
    let mail = settings(Service::Resend, "https://api.example/");
    let failure = |message: &Message, mail: Option<&Mail>, host: &Fake| {
        let failure = request(message, mail, host).err().unwrap();
        let text = format!("{failure:?} {failure}");
        for secret in ["123456", "ann@", "t0ken", "Gr"] {
            assert!(!text.contains(secret), "{text}");
        }
        (failure, text)
    };
    let (unset, text) = failure(&message(), Some(&mail), &Fake::default());
    assert!(matches!(unset, Failure::Unavailable(_)) && text.contains("DOORWARD_MAIL_TOKEN"));
    for bad in ["t0ken\r\nx: y", "t0ken ", "t0k\u{e4}n"] {
        let host = host();
        host.set("mail_token", bad);
        let (bad, text) = failure(&message(), Some(&mail), &host);
        assert!(matches!(bad, Failure::Unavailable(_)) && text.contains("mail_token"));
    }
    let (none, _) = failure(&message(), None, &host());
    assert!(matches!(none, Failure::Unsupported(_)));
    let sms = Message {
        channel: "sms".into(),
        to: "+4915112345678".into(),
        ..message()
    };
    assert!(matches!(
        failure(&sms, Some(&mail), &host()).0,
        Failure::Unsupported(_)
    ));
    for elsewhere in [
        "http://api.example/",
        "https://a@b/",
        "smtp://x",
        "https://x/#y",
        "",
    ] {
        let mail = settings(Service::Resend, elsewhere);
        let (wrong, text) = failure(&message(), Some(&mail), &host());
        assert!(matches!(wrong, Failure::Unavailable(_)) && text.contains("`mail.url`"));
    }
}

#[test]
fn nothing_adds_a_header_or_a_recipient() {
    let mail = settings(Service::Resend, "https://api.example/");
    let check = |message: Message| request(&message, Some(&mail), &host()).err();
    let invalid = |failure: Option<Failure>| matches!(failure, Some(Failure::Invalid(_)));
    for to in [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@example.com\r\nBcc: eve@example.com",
        "ann@example.com\n",
        "ann@example.com,eve@example.com",
        "ann@example.com;eve@example.com",
        "ann@eve@example.com",
        "a b@example.com",
        "Ann <ann@example.com>",
        "\"a\\r\\n\"@example.com",
        "ann@example.com\0",
        "ann@example..com",
        ".ann@example.com",
        "ann@-example.com",
        "ann@[127.0.0.1]",
        &format!("{}@example.com", "a".repeat(65)),
        &format!("a@{}com", "example.".repeat(40)),
    ] {
        assert!(
            invalid(check(Message {
                to: to.into(),
                ..message()
            })),
            "{to:?}"
        );
    }
    for subject in ["a\nb", "a\r\nBcc: x", "a\0", "a\u{85}b", &"s".repeat(201)] {
        let subject = subject.into();
        assert!(invalid(check(Message {
            subject,
            ..message()
        })));
    }
    for text in [
        "a\r\n.\r\n",
        "a\0",
        "\u{1b}[31m",
        &"t".repeat(16 * 1024 + 1),
    ] {
        let text = text.into();
        assert!(invalid(check(Message { text, ..message() })));
    }
    for code in ["1\n2", &"1".repeat(129)] {
        let code = Some(code.into());
        assert!(invalid(check(Message { code, ..message() })));
    }
    for fine in [
        message(),
        Message {
            to: "o'brien+tag@mail.example.co.uk".into(),
            subject: "s".repeat(200),
            text: "t".repeat(16 * 1024),
            code: None,
            ..message()
        },
        Message {
            to: "jörg@bücher.example".into(),
            ..message()
        },
    ] {
        assert!(check(fine).is_none());
    }
}

#[test]
fn only_2xx_is_accepted() {
    for status in [200, 201, 202, 299] {
        assert_eq!(outcome(&Sent::Status(status)), Ok(()));
    }
    for status in [
        100, 199, 300, 301, 302, 307, 308, 400, 401, 403, 422, 429, 500, 503, 600,
    ] {
        assert!(
            matches!(outcome(&Sent::Status(status)), Err(Failure::Unavailable(why)) if why.contains(&status.to_string())),
            "{status}"
        );
    }
    assert!(
        matches!(outcome(&Sent::Failed("no answer in time")), Err(Failure::Unavailable(why)) if why.contains("no answer in time"))
    );
}
