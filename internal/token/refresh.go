package token

import "github.com/signet-auth/signet/internal/oauth"

func (t *Tokens) mintRefresh(g oauth.Grant) string {
	var w writer
	w.bytes(g.ID[:])
	w.number(uint64(g.Generation))
	return refreshPrefix + strict.EncodeToString(t.refresh.Tag(w))
}

// OpenRefresh reads a refresh token, or fails with oauth.ErrForgedRefreshToken.
func (t *Tokens) OpenRefresh(s string) (oauth.RefreshToken, error) {
	tagged, ok := decode(refreshPrefix, s)
	if !ok {
		return oauth.RefreshToken{}, oauth.ErrForgedRefreshToken
	}
	message, err := t.refresh.Open(tagged)
	if err != nil {
		return oauth.RefreshToken{}, oauth.ErrForgedRefreshToken
	}
	r := reader{rest: message}
	rt := oauth.RefreshToken{GrantID: r.grantID(), Generation: uint32(r.number())}
	if !r.done() {
		return oauth.RefreshToken{}, oauth.ErrForgedRefreshToken
	}
	return rt, nil
}
