//! Renders every page with sample data into a directory, to look at: `cargo run -p doorward-core --example preview -- DIR
//! [THEME.json [LANGUAGE]]`. Serve the directory on loopback, because stylesheets are at `/assets/`; the pages need no server otherwise.

#[path = "../src/pages/mod.rs"]
mod pages;
#[path = "../src/pages/samples.rs"]
mod samples;

use doorward_protocol::http::{Answer, Body};
use doorward_protocol::ports::{LoginFailure, Logins, Settings};
use doorward_protocol::provider::{
    Context, Description, Leaver, Listing, Outcome, Purpose, Request,
};
use std::path::Path;
use std::{env, fs, io};

/// What a host would say.
struct Sample {
    theme: Option<String>,
    language: String,
}

/// What the samples call a text, and what the providers that we ship call the same.
const TEXTS: [(&str, &str); 16] = [
    ("title", "sign_in.title"),
    ("wrong", "password.mismatch"),
    ("wrong", "code.wrong"),
    ("sign_in", "sign_in.button"),
    ("forgot", "forgot.link"),
    ("register", "register.link"),
    ("register.title", "register.title"),
    ("create", "register.button"),
    ("hint", "new_password.hint"),
    ("code.title", "verify.title"),
    ("sent", "verify.sent"),
    ("verify", "verify.button"),
    ("resend", "resend.button"),
    ("authorize", "other_address.link"),
    ("label", "label"),
    ("manage.label", "manage.label"),
];

impl Settings for Sample {
    fn section(&self, name: &str) -> Option<String> {
        match name {
            "server" => Some(r#"{"issuer":"http://127.0.0.1","service_name":"Harbour"}"#.to_owned()),
            "theme" => self.theme.clone().or_else(|| {
                let links = r#"{"links":[{"label":"Privacy","href":"https://harbour.example/privacy"},
                    {"label":"Terms","href":"https://harbour.example/terms"},{"label":"Help","href":"https://harbour.example/help"}]}"#;
                Some(links.to_owned())
            }),
            _ => None,
        }
    }
}

impl Logins for Sample {
    fn providers(&self) -> Vec<Listing> {
        ["password", "pin"]
            .map(|id| Listing {
                id: id.to_owned(),
                label: samples::text("label", id),
                purposes: vec![Purpose::SignIn],
                manage_label: None,
            })
            .to_vec()
    }

    fn describe(&self, id: &str) -> Option<Description> {
        let icon = match id {
            "password" => samples::KEY_ICON,
            _ => samples::ICON,
        };
        Some(Description {
            label: samples::text("label", id),
            purposes: vec![Purpose::SignIn],
            icon: Some(icon.to_owned()),
            languages: Vec::new(),
            outbound_hosts: Vec::new(),
        })
    }

    fn texts(&self, id: &str, language: &str) -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../providers");
        let catalogue = fs::read_to_string(root.join(format!("{id}/texts/{language}.txt")));
        let catalogue = catalogue.unwrap_or_default();
        let mut texts: Vec<(String, String)> = doorward_wording::lines(&catalogue)
            .map(|(id, wording)| (id.to_owned(), wording.to_owned()))
            .collect();
        for (sample, real) in TEXTS {
            if let Some(wording) = doorward_wording::find(&catalogue, real) {
                texts.push((sample.to_owned(), wording.to_owned()));
            }
        }
        texts
    }

    fn forget(&self, _: &Leaver) -> Result<(), LoginFailure> {
        Err(LoginFailure::UnknownProvider)
    }

    fn handle(&self, _: &str, _: &Context, _: &Request) -> Result<Outcome, LoginFailure> {
        Err(LoginFailure::UnknownProvider)
    }
}

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| "preview".to_owned());
    let directory = Path::new(&directory);
    let theme = arguments.next().map(fs::read_to_string).transpose()?;
    let language = arguments.next().unwrap_or_else(|| "en".to_owned());
    if let Some(theme) = &theme {
        let host = Sample {
            theme: None,
            language: language.clone(),
        };
        let theme = serde_json::from_str(theme).map_err(io::Error::other)?;
        pages::check_texts(&theme, &host).map_err(io::Error::other)?;
    }
    let host = Sample { theme, language };
    fs::create_dir_all(directory.join("assets"))?;
    for (name, page) in samples::all() {
        let response = respond(Body::Page(Box::new(page)), &host);
        for asset in assets(&String::from_utf8_lossy(&response.body)) {
            let served = respond(Body::Asset(asset.to_owned()), &host);
            fs::write(directory.join("assets").join(asset), served.body)?;
        }
        let headers: Vec<String> = response
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        fs::write(
            directory.join(format!("{name}.headers")),
            format!("{}\n{}", response.status, headers.concat()),
        )?;
        fs::write(directory.join(format!("{name}.html")), response.body)?;
    }
    Ok(())
}

fn respond(body: Body, host: &Sample) -> pages::Response {
    pages::render(
        Answer {
            status: 200,
            headers: vec![("content-language", host.language.clone())],
            body,
        },
        host,
        host,
    )
}

/// Names of the assets that a page asks for.
fn assets(html: &str) -> impl Iterator<Item = &str> {
    html.split("\"/assets/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}
