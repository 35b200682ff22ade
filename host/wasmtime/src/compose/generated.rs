//! Components that `compose` makes up: a document to read, and an environment with nothing in it.
//!
//! Each is a core module with a constant answer in its memory and no code but "here it is". They import nothing, so that
//! nothing can change what they answer.

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, CodeSection, Component,
    ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    ComponentTypeSection, ComponentValType, ConstExpr, DataSection, ExportKind, ExportSection,
    Function, FunctionSection, InstanceSection, MemorySection, MemoryType, Module, ModuleArg,
    ModuleSection, PrimitiveValType, TypeSection, ValType,
};

/// Bytes of a page of memory.
const PAGE: usize = 65536;
/// Where the answer is: an address and a length, or zeros.
const ANSWER: u32 = 16;
/// Where the bytes of the document begin.
const TEXT: u32 = 32;

/// What [`baked`] answers to.
pub(super) const BAKED: &str = "doorward:portable/baked@0.1.0";
/// What [`empty_environment`] answers to, in every 0.2.
pub(super) const ENVIRONMENT: &str = "wasi:cli/environment@0.2.0";

const TEXT_TYPE: ComponentValType = ComponentValType::Primitive(PrimitiveValType::String);

/// A component that exports `doorward:portable/baked` with `document`.
///
/// # Errors
/// The document is larger than 2 GiB.
pub(super) fn baked(document: &str) -> anyhow::Result<Vec<u8>> {
    let length = i32::try_from(document.len())?;
    let mut answer = TEXT.to_le_bytes().to_vec();
    answer.extend(length.to_le_bytes());
    let data = [(ANSWER, answer), (TEXT, document.as_bytes().to_vec())];
    let module = module(&data, document.len())?;
    let types = ComponentTypeSection::new();
    Ok(component(&module, BAKED, types, &[("document", TEXT_TYPE)]))
}

/// A component that exports `wasi:cli/environment`: no variables, no arguments, no directory.
///
/// # Errors
/// None that could happen.
pub(super) fn empty_environment() -> anyhow::Result<Vec<u8>> {
    let mut types = ComponentTypeSection::new();
    types.defined_type().tuple([TEXT_TYPE, TEXT_TYPE]);
    types.defined_type().list(ComponentValType::Type(0));
    types.defined_type().list(TEXT_TYPE);
    types.defined_type().option(TEXT_TYPE);
    let functions = [
        ("get-environment", ComponentValType::Type(1)),
        ("get-arguments", ComponentValType::Type(2)),
        ("initial-cwd", ComponentValType::Type(3)),
    ];
    // Zeros are the empty list, and `none`.
    Ok(component(&module(&[], 0)?, ENVIRONMENT, types, &functions))
}

/// The module as a component that exports `interface`, in which all functions take nothing and answer the same.
fn component(
    module: &Module,
    interface: &str,
    mut types: ComponentTypeSection,
    functions: &[(&str, ComponentValType)],
) -> Vec<u8> {
    let mut cores = InstanceSection::new();
    let none: [(&str, ModuleArg); 0] = [];
    cores.instantiate(0, none);
    let mut aliases = ComponentAliasSection::new();
    for (kind, name) in [(ExportKind::Memory, "memory"), (ExportKind::Func, "answer")] {
        let instance = 0;
        aliases.alias(Alias::CoreInstanceExport {
            instance,
            kind,
            name,
        });
    }
    let mut lifted = CanonicalFunctionSection::new();
    let mut exports = Vec::new();
    for ((name, result), index) in functions.iter().zip(0..) {
        let none: [(&str, ComponentValType); 0] = [];
        let kind = types.len();
        types.function().params(none).result(Some(*result));
        lifted.lift(0, kind, [CanonicalOption::UTF8, CanonicalOption::Memory(0)]);
        exports.push((*name, ComponentExportKind::Func, index));
    }
    let mut instances = ComponentInstanceSection::new();
    instances.export_items(exports);
    let mut exported = ComponentExportSection::new();
    exported.export(interface, ComponentExportKind::Instance, 0, None);
    let mut component = Component::new();
    component.section(&ModuleSection(module));
    component.section(&cores).section(&aliases).section(&types);
    component
        .section(&lifted)
        .section(&instances)
        .section(&exported);
    component.finish()
}

/// A module with `data` in its memory and one function that returns [`ANSWER`].
fn module(data: &[(u32, Vec<u8>)], text: usize) -> anyhow::Result<Module> {
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut memories = MemorySection::new();
    let pages = u64::try_from((TEXT as usize + text).div_ceil(PAGE))?;
    memories.memory(MemoryType {
        minimum: pages,
        maximum: Some(pages),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("answer", ExportKind::Func, 0);
    let mut answer = Function::new([]);
    answer
        .instructions()
        .i32_const(i32::try_from(ANSWER)?)
        .end();
    let mut code = CodeSection::new();
    code.function(&answer);
    let mut segments = DataSection::new();
    for (at, bytes) in data {
        segments.active(
            0,
            &ConstExpr::i32_const(i32::try_from(*at)?),
            bytes.iter().copied(),
        );
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories);
    module.section(&exports).section(&code).section(&segments);
    Ok(module)
}
