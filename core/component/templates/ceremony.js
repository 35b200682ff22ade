"use strict";
(() => {
  const forms = document.querySelectorAll("form[data-ceremony]");
  let waiting;
  async function run(form, mediation, submitter) {
    waiting?.abort();
    waiting = new AbortController();
    const { signal } = waiting;
    const creates = form.dataset.ceremony === "create";
    try {
      const options = JSON.parse(form.dataset.options);
      const publicKey = creates
        ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
        : PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const made = creates
        ? await navigator.credentials.create({ publicKey, signal })
        : await navigator.credentials.get({ publicKey, signal, mediation });
      form.elements.namedItem("credential").value = JSON.stringify(made);
    } catch (error) {
      if (signal.aborted) return;
      form.elements.namedItem("credential-error").value = error.name;
    }
    if (submitter?.name) {
      const chosen = document.createElement("input");
      chosen.type = "hidden";
      chosen.name = submitter.name;
      chosen.value = submitter.value;
      form.append(chosen);
    }
    form.submit();
  }
  for (const form of forms) {
    form.addEventListener("submit", (event) => {
      if (event.submitter?.formNoValidate) return;
      event.preventDefault();
      run(form, undefined, event.submitter);
    });
    if (form.dataset.ceremony === "get-conditional") {
      window.PublicKeyCredential?.isConditionalMediationAvailable?.().then((can) => {
        if (can) run(form, "conditional");
      });
    }
  }
})();
