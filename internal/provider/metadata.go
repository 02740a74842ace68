package provider

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/lang"
	"github.com/signet-auth/signet/internal/oauth"
)

// metadata serves the description of the server (RFC 8414 §3.2, OIDC Discovery
// §4.2).
func (p *Provider) metadata(r *http.Request) (any, error) {
	instance, err := p.instances.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	s := instance.Settings
	f := oauth.Features{Registration: s.DynamicRegistration, MetadataDocuments: s.MetadataDocuments.Advertised, Organizations: s.Organizations.Enabled}
	for _, x := range s.CustomScopes {
		if x.Advertised {
			f.Scopes = append(f.Scopes, x.Name)
		}
	}
	for _, l := range lang.All() {
		f.UILocales = append(f.UILocales, l.Tag())
	}
	return oauth.NewMetadata(p.issuer, f), nil
}

// resourceMetadata serves the description of a resource below the issuer (RFC 9728
// §3). Others describe themselves where they are; "signet protect" does it for them.
func (p *Provider) resourceMetadata(r *http.Request) (any, error) {
	instance, err := p.instances.Instance(r.Context())
	if err != nil {
		return nil, err
	}
	path := strings.TrimPrefix(r.URL.Path, oauth.ResourcePath)
	m, ok := oauth.NewResourceMetadata(p.issuer, path, instance.Settings.Resources, instance.Settings.Organizations.Enabled)
	if !ok {
		return nil, errNoResource
	}
	return m, nil
}

var errNoResource = &oauth.Error{
	Code: oauth.InvalidTarget, Spec: "RFC 9728 §3",
	Description: "there is no resource at this path",
}

// jwks serves the keys that signatures are checked with (RFC 7517 §5).
func (p *Provider) jwks(r *http.Request) (any, error) {
	return p.keys.Published(r.Context())
}

// publicAge is how long anybody may keep what is the same for everybody. It is
// far below the time that a key is published before it signs.
const publicAge = "public, max-age=300"

// answerPublic writes answers that anybody may keep for a while, and then ask whether
// they are still the same (RFC 9110 §13.1.2).
func (p *Provider) answerPublic(serve func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := serve(r)
		var body []byte
		if err == nil {
			body, err = json.Marshal(answer)
		}
		if err != nil {
			refused := p.refusal(r, err)
			code := status(refused)
			if refused.Code == oauth.InvalidTarget {
				code = http.StatusNotFound
			}
			writeJSON(w, code, refused)
			return
		}
		sum := sha256.Sum256(body)
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", publicAge)
		h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(append(body, '\n')))
	})
}
