// Signing in and adding a key by WebAuthn: it hands the options of the page to the
// browser, puts the answer into the form and submits it. The page works without it.
(() => {
  "use strict";
  const form = document.getElementById("passkey");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => {
    let binary = "";
    for (const b of new Uint8Array(buffer)) binary += String.fromCharCode(b);
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));

  const adds = form.dataset.kind === "create";
  const options = () => {
    const o = JSON.parse(form.dataset.options);
    o.challenge = bytes(o.challenge);
    if (o.allowCredentials) o.allowCredentials = keys(o.allowCredentials);
    if (o.excludeCredentials) o.excludeCredentials = keys(o.excludeCredentials);
    if (o.user) o.user = { ...o.user, id: bytes(o.user.id) };
    return o;
  };

  const answer = (made) => {
    const r = made.response;
    const response = { clientDataJSON: text(r.clientDataJSON) };
    if (adds) {
      response.attestationObject = text(r.attestationObject);
      response.transports = r.getTransports ? r.getTransports() : [];
    } else {
      response.authenticatorData = text(r.authenticatorData);
      response.signature = text(r.signature);
      if (r.userHandle) response.userHandle = text(r.userHandle);
    }
    return JSON.stringify({
      id: made.id, rawId: text(made.rawId), type: made.type, response,
      authenticatorAttachment: made.authenticatorAttachment || undefined, clientExtensionResults: {},
    });
  };

  let waiting = null; // the request that offers passkeys where the identifier is typed
  const problem = document.getElementById("passkey-problem");

  const ask = async (more) => {
    const call = adds ? "create" : "get";
    const made = await navigator.credentials[call]({ publicKey: options(), ...more });
    form.elements.response.value = answer(made);
    form.submit();
  };

  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (waiting) waiting.abort();
    if (problem) problem.hidden = true;
    try {
      await ask({});
    } catch (e) {
      if (problem && e.name !== "AbortError") problem.hidden = false;
    }
  });

  const offer = async () => {
    if (adds || !PublicKeyCredential.isConditionalMediationAvailable) return;
    if (!(await PublicKeyCredential.isConditionalMediationAvailable())) return;
    waiting = new AbortController();
    try {
      await ask({ mediation: "conditional", signal: waiting.signal });
    } catch {
      // given up, or another way was chosen
    }
  };
  offer();
})();
