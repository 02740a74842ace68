package oauth

import (
	"encoding/json"
	"slices"
)

// maxClaims bounds the claims parameter, in bytes. Its depth is bounded with it.
const maxClaims = 4 << 10

// A claimsRequest is what the claims parameter asks for (OIDC Core §5.5). Claims
// that are not known here, and members of them that say nothing to us, are left
// out, as §5.5.1 wants.
type claimsRequest struct {
	userInfo, idToken []string
	subject           string   // the one user who may answer; "" for any
	contextClasses    []string // one of which is essential; none if empty
}

// claimMember is one claim that is asked for; nil asks for it as it is.
type claimMember struct {
	Essential bool              `json:"essential"`
	Value     json.RawMessage   `json:"value"`
	Values    []json.RawMessage `json:"values"`
}

func parseClaimsRequest(value string) (c claimsRequest, err error) {
	if value == "" {
		return claimsRequest{}, nil
	}
	var read struct {
		UserInfo map[string]*claimMember `json:"userinfo"`
		IDToken  map[string]*claimMember `json:"id_token"`
	}
	if len(value) > maxClaims || json.Unmarshal([]byte(value), &read) != nil {
		return claimsRequest{}, refuse(InvalidRequest, "OIDC Core §5.5", "claims is not the JSON object that is described there, or is too long")
	}
	for _, known := range userClaims {
		if _, ok := read.UserInfo[known.name]; ok {
			c.userInfo = append(c.userInfo, known.name)
		}
		if _, ok := read.IDToken[known.name]; ok && known.idToken {
			c.idToken = append(c.idToken, known.name)
		}
	}
	for _, place := range []map[string]*claimMember{read.IDToken, read.UserInfo} {
		if sub := place["sub"]; sub != nil {
			if texts := sub.texts(); len(texts) == 1 && c.subject == "" {
				c.subject = texts[0]
			}
		}
	}
	if acr := read.IDToken["acr"]; acr != nil && acr.Essential {
		c.contextClasses = acr.texts()
	}
	return c, nil
}

// texts gives the values that are asked for.
func (m claimMember) texts() []string {
	var texts []string
	for _, raw := range append([]json.RawMessage{m.Value}, m.Values...) {
		var text string
		if raw != nil && json.Unmarshal(raw, &text) == nil && text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// allowed keeps the claims whose scope the client may have: a claim that is asked
// for by name is no way around the ceiling.
func (c claimsRequest) allowed(ceiling Scopes) claimsRequest {
	beyond := func(name string) bool {
		scope := scopeOf(name)
		return scope != "" && !ceiling.Has(scope)
	}
	c.userInfo = slices.DeleteFunc(c.userInfo, beyond)
	c.idToken = slices.DeleteFunc(c.idToken, beyond)
	return c
}

// scopes are those that would buy the claims, so that the user can be asked.
func (c claimsRequest) scopes() (s Scopes) {
	for _, name := range slices.Concat(c.userInfo, c.idToken) {
		if scope := scopeOf(name); scope != "" && !s.Has(scope) {
			s = append(s, scope)
		}
	}
	return s
}
