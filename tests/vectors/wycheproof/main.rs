//! Wycheproof's vectors, against every verifier here and the core over each. README.md says how to get the files, and which vectors are
//! left out for what reason; the numbers here are those of the commit that it names, so that no vector is lost unnoticed.

#[cfg(test)]
mod jose;
#[cfg(test)]
mod signatures;
