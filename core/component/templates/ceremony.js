"use strict";
(() => {
  const forms = document.querySelectorAll("form[data-ceremony]");
  // A field may have the name of a method of its form.
  const find = (form, selector) => Element.prototype.querySelector.call(form, selector);
  const attribute = (form, name) => Element.prototype.getAttribute.call(form, name);
  let waiting;
  async function run(form, mediation, submitter) {
    waiting?.abort();
    waiting = new AbortController();
    const { signal } = waiting;
    const creates = attribute(form, "data-ceremony") === "create";
    try {
      const options = JSON.parse(attribute(form, "data-options"));
      const publicKey = creates
        ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
        : PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const made = creates
        ? await navigator.credentials.create({ publicKey, signal })
        : await navigator.credentials.get({ publicKey, signal, mediation });
      find(form, "input[name=credential]").value = JSON.stringify(made);
    } catch (error) {
      // What nobody asked for fails in silence: posting it would bring this page back, and again.
      if (signal.aborted || mediation) return;
      find(form, "input[name=credential-error]").value = error.name;
    }
    if (submitter?.name) {
      const chosen = document.createElement("input");
      chosen.type = "hidden";
      chosen.name = submitter.name;
      chosen.value = submitter.value;
      Element.prototype.append.call(form, chosen);
    }
    HTMLFormElement.prototype.submit.call(form);
  }
  for (const form of forms) {
    EventTarget.prototype.addEventListener.call(form, "submit", (event) => {
      if (event.submitter?.formNoValidate) return;
      event.preventDefault();
      run(form, undefined, event.submitter);
    });
    if (attribute(form, "data-ceremony") === "get-conditional") {
      window.PublicKeyCredential?.isConditionalMediationAvailable?.().then((can) => {
        if (can) run(form, "conditional");
      });
    }
  }
})();
