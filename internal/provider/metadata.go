package provider

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/signet-auth/signet/internal/oauth"
)

// metadata serves the description of the server (RFC 8414 §3.2).
func (p *Provider) metadata() http.Handler {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(oauth.NewMetadata(p.issuer)); err != nil {
		panic(err) // only for types that JSON cannot express
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		w.Write(body.Bytes())
	})
}
