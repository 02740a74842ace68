package token

import "github.com/signet-auth/signet/internal/oauth"

// SealCode makes the authorization code that says c. Times are cut to
// milliseconds.
func (t *Tokens) SealCode(c oauth.Code) string {
	var w writer
	w.bytes(c.GrantID[:])
	w.text(c.ClientID)
	w.text(c.UserID)
	w.text(c.SessionID)
	w.text(c.RedirectURI)
	w.flag(c.RedirectRequested)
	w.text(c.Scopes.String())
	w.text(string(c.Challenge))
	w.text(c.Nonce)
	w.time(c.AuthorizedAt)
	w.time(c.ExpiresAt)
	w.details(c.Details)
	if c.OrganizationID != "" {
		w.text(c.OrganizationID)
	}
	return codePrefix + strict.EncodeToString(t.codes.Seal(w))
}

// OpenCode reads a code, or fails with oauth.ErrForgedCode.
func (t *Tokens) OpenCode(s string) (oauth.Code, error) {
	sealed, ok := decode(codePrefix, s)
	if !ok {
		return oauth.Code{}, oauth.ErrForgedCode
	}
	plain, err := t.codes.Open(sealed)
	if err != nil {
		return oauth.Code{}, oauth.ErrForgedCode
	}
	r := reader{rest: plain}
	c := oauth.Code{
		GrantID:           r.grantID(),
		ClientID:          r.text(),
		UserID:            r.text(),
		SessionID:         r.text(),
		RedirectURI:       r.text(),
		RedirectRequested: r.flag(),
		Scopes:            r.scopes(),
		Challenge:         oauth.Challenge(r.text()),
		Nonce:             r.text(),
		AuthorizedAt:      r.time(),
		ExpiresAt:         r.time(),
		Details:           r.details(),
	}
	if len(r.rest) > 0 {
		c.OrganizationID = r.text()
	}
	if !r.done() {
		return oauth.Code{}, oauth.ErrForgedCode
	}
	return c, nil
}
