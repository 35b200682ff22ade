//! `fermyon:spin/variables@2.0.0`: what `[component.<id>.variables]` of the manifest gives a component, under its names.

use crate::bindings::fermyon::spin::variables as wit;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::component::{HasData, Linker};

/// The variables of one component, resolved, and the component's id for the texts of errors.
#[derive(Default)]
pub struct ComponentVariables {
    /// The `<id>` of `[component.<id>]`.
    pub component: String,
    /// Values by the names that the component uses.
    pub values: BTreeMap<String, String>,
}

/// The variables of one guest.
pub struct Variables(Arc<ComponentVariables>);

impl Variables {
    /// Variables for one guest.
    #[must_use]
    pub fn new(variables: Arc<ComponentVariables>) -> Self {
        Self(variables)
    }
}

/// Links the interface; `get` finds the guest's variables in the data of its store.
///
/// # Errors
/// If the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Variables,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Variables>(linker, get)
}

impl HasData for Variables {
    type Data<'a> = &'a mut Variables;
}

impl wit::Host for Variables {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, wit::Error>> {
        Ok(match check_name(&name) {
            Err(reason) => Err(wit::Error::InvalidName(format!("{name:?}: {reason}"))),
            Ok(()) => self.0.values.get(&name).cloned().ok_or_else(|| {
                wit::Error::Undefined(format!("no variable for {:?}.{name:?}", self.0.component))
            }),
        })
    }
}

/// What Spin takes for the name of a variable, anywhere.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("must not be empty");
    }
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.bytes().all(known) {
        return Err("may have lower-case letters, digits and underscores only");
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err("must start with a lower-case letter");
    }
    if name.ends_with('_') {
        return Err("must end with a lower-case letter or a digit");
    }
    if name.contains("__") {
        return Err("must not have two underscores in a row");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_are_what_spin_takes_for_names() {
        for good in ["a", "issuer", "sealing_key", "a1_b2", "a_1"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "_a", "a_", "a__b", "A", "1a", "a-b", "a.b", "ä"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
