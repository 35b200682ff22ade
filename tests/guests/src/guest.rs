//! Which guests there are. The component and its tests (`tests/conformance/native_only_guests.rs`) read this one list, each with a `match` over
//! all of them: a guest that does nothing, or that no test is about, does not compile.

/// What is in every text of theirs that may not be read as markup.
pub(crate) const MARKUP: &str = "\"'><script>guest()</script><img src=x onerror=guest()>";
/// What the file of the component has where a test may write [`TRAPS`]: `describe` is not told anything that it could go by.
pub(crate) const HONEST: &[u8; 16] = b"describe: honest";
/// As long as [`HONEST`].
pub(crate) const TRAPS: &[u8; 16] = b"describe: traps!";

macro_rules! guests {
    ($($(#[$about:meta])* $guest:ident = $name:literal,)+) => {
        /// A plugin that misbehaves in one way.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Guest {
            $($(#[$about])* $guest,)+
        }

        impl Guest {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$guest,)+];

            /// The first segment of its paths.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$guest => $name,)+
                }
            }

            /// The guest of this name.
            pub(crate) fn of(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|guest| guest.name() == name)
            }
        }
    };
}

guests! {
    /// Ends in a trap.
    Traps = "traps",
    /// Never ends.
    Loops = "loops",
    /// Takes memory for as long as it gets some.
    Allocates = "allocates",
    /// Emits ten thousand events, some of them large, and then behaves.
    Floods = "floods",
    /// Prints, and never ends.
    Prints = "prints",
    /// Puts markup into every text and every name of a page.
    WritesMarkup = "writes-markup",
    /// Fails with a text that looks like lines of the log.
    ForgesLog = "forges-log",
    /// Says of the person what it may not, in the way that the path names.
    Lies = "lies",
    /// Says who somebody is when it was asked to manage.
    ManagesNothing = "manage",
    /// Asks a host that it was not granted, and addresses that nobody is granted.
    AsksElsewhere = "asks-elsewhere",
    /// Asks a granted host that answers with a redirect.
    IsRedirected = "is-redirected",
    /// Sends the browser where it may not, in the way that the path names.
    SendsAway = "sends-away",
    /// Answers a page beyond a bound, which the path names.
    Overflows = "overflows",
    /// Has more to remember than it may.
    Hoards = "hoards",
    /// Calls the host with keys and values beyond every bound.
    CallsBig = "calls-big",
    /// Hands the host more than a call may copy.
    CallsHuge = "calls-huge",
    /// Traps when it is asked for its German texts.
    TextsTrap = "texts-trap",
    /// Traps when it is asked what it is.
    DescribeTraps = "describe-traps",
    /// Exports the contract of another version.
    OtherVersion = "other-version",
}
