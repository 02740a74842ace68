package protect

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// Asking verifies tokens by asking Signet about each: what was revoked is refused
// at once, and tokens of either format will do. It needs a secret key.
type Asking struct {
	Issuer string
	Key    string
	Client *http.Client
}

// Verify implements Verifier.
func (a Asking) Verify(ctx context.Context, token string) (Token, error) {
	body, err := json.Marshal(map[string]string{"access_token": token})
	if err != nil {
		return Token{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Issuer+"/v1/oauth_applications/access_tokens/verify", bytes.NewReader(body))
	if err != nil {
		return Token{}, err
	}
	request.Header.Set("Authorization", "Bearer "+a.Key)
	request.Header.Set("Content-Type", "application/json")
	response, err := a.Client.Do(request)
	if err != nil {
		return Token{}, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return Token{}, ErrNotGood
	default:
		return Token{}, fmt.Errorf("the server answered %d about a token", response.StatusCode)
	}
	var told struct {
		Subject  string   `json:"subject"`
		ClientID string   `json:"client_id"`
		Scopes   []string `json:"scopes"`
		Audience []string `json:"aud"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&told); err != nil {
		return Token{}, fmt.Errorf("reading what the server says about a token: %w", err)
	}
	return Token(told), nil
}

// Signed verifies JWT access tokens (RFC 9068) by the keys that Signet publishes.
// It asks about no token, so that a revoked one is good until it expires.
type Signed struct {
	issuer string
	keys   *oidc.RemoteKeySet
	now    func() time.Time
}

// NewSigned makes a verifier. ctx bounds its life, and may carry an HTTP client as
// oidc.ClientContext has it.
func NewSigned(ctx context.Context, issuer string, now func() time.Time) *Signed {
	return &Signed{issuer: issuer, keys: oidc.NewRemoteKeySet(ctx, issuer+"/.well-known/jwks.json"), now: now}
}

// leeway is how far clocks may be apart.
const leeway = 5 * time.Second

// Verify implements Verifier.
func (s *Signed) Verify(ctx context.Context, token string) (Token, error) {
	head, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(head)
	var header struct {
		Type string `json:"typ"`
	}
	if err != nil || json.Unmarshal(decoded, &header) != nil || !strings.EqualFold(header.Type, "at+jwt") || strings.Count(token, ".") != 2 {
		return Token{}, ErrNotGood // also for an ID token (RFC 9068 §4)
	}
	payload, err := s.keys.VerifySignature(ctx, token)
	if err != nil {
		if strings.Contains(err.Error(), "fetching keys") {
			return Token{}, err
		}
		return Token{}, ErrNotGood
	}
	var claims struct {
		Issuer    string          `json:"iss"`
		Subject   string          `json:"sub"`
		ClientID  string          `json:"client_id"`
		Scope     string          `json:"scope"`
		Audience  json.RawMessage `json:"aud"`
		NotBefore int64           `json:"nbf"`
		ExpiresAt int64           `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Issuer != s.issuer {
		return Token{}, ErrNotGood
	}
	now := s.now()
	if !now.Before(time.Unix(claims.ExpiresAt, 0).Add(leeway)) || now.Add(leeway).Before(time.Unix(claims.NotBefore, 0)) {
		return Token{}, ErrNotGood
	}
	return Token{Subject: claims.Subject, ClientID: claims.ClientID, Scopes: strings.Fields(claims.Scope), Audience: audience(claims.Audience)}, nil
}

// audience is a string or an array of strings (RFC 7519 §4.1.3).
func audience(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	_ = json.Unmarshal(raw, &many) // none
	return many
}
