package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
)

// The kinds of work.
const (
	ClientCredentials = "client_credentials"
	Authorize         = "authorize" // done, and measured, for Exchange
	Exchange          = "exchange"
	Refresh           = "refresh"
	UserInfo          = "userinfo"
	Verify            = "verify"
	Introspect        = "introspect"
)

// Kinds are the kinds of work in the order in which they are done.
// The listings come after them.
var Kinds = append([]string{ClientCredentials, Exchange, Refresh, UserInfo, Verify, Introspect}, names(listings)...)

var errDone = errors.New("nothing left to do")

const formType = "application/x-www-form-urlencoded"

// A user of the target does work on it. It keeps what it has bought.
type user struct {
	target  Target
	subject atomic.Pointer[string] // of the first user info answer

	mu     sync.Mutex
	codes  []code
	access []string
	chains [][]string // refresh tokens, one list for each worker
	next   []int
}

type code struct{ code, verifier string }

// maxKept is how many access tokens are kept for later.
const maxKept = 50_000

func newUser(t Target, workers int) *user {
	u := &user{target: t, access: t.Access, chains: make([][]string, workers), next: make([]int, workers)}
	for i, token := range t.Refresh {
		u.chains[i%workers] = append(u.chains[i%workers], token)
	}
	return u
}

// authorize gets one code, as a browser that is signed in does.
func (u *user) authorize(ctx context.Context, c *conn, _ int) error {
	random := make([]byte, 32)
	rand.Read(random)
	verifier := base64.RawURLEncoding.EncodeToString(random)
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {u.target.ClientID}, "redirect_uri": {u.target.RedirectURI},
		"scope": {u.target.Scope}, "state": {verifier[:16]},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	address := path(u.target.Authorize)
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	answer, err := c.do(ctx, request{method: http.MethodGet, path: address + separator + query.Encode(), cookie: u.target.Cookie})
	if err != nil {
		return err
	}
	if answer.status != http.StatusSeeOther && answer.status != http.StatusFound {
		return fmt.Errorf("authorize answers %d, want a redirect with a code: %.200s", answer.status, answer.body)
	}
	location, err := url.Parse(answer.location)
	if err != nil || !strings.HasPrefix(answer.location, u.target.RedirectURI) || location.Query().Get("code") == "" {
		return fmt.Errorf("authorize redirects to %.200s, want %s with a code: is the session signed in, and has its user agreed?", answer.location, u.target.RedirectURI)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.codes = append(u.codes, code{location.Query().Get("code"), verifier})
	return nil
}

// exchange buys tokens with a code.
func (u *user) exchange(ctx context.Context, c *conn, worker int) error {
	u.mu.Lock()
	if len(u.codes) == 0 {
		u.mu.Unlock()
		return errDone
	}
	last := u.codes[len(u.codes)-1]
	u.codes = u.codes[:len(u.codes)-1]
	u.mu.Unlock()
	access, refresh, err := u.token(ctx, c, "grant_type=authorization_code&code="+url.QueryEscape(last.code)+
		"&code_verifier="+last.verifier+"&redirect_uri="+url.QueryEscape(u.target.RedirectURI))
	if err != nil {
		return err
	}
	if refresh == "" {
		return fmt.Errorf("a code bought no refresh token")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.access) < maxKept {
		u.access = append(u.access, access)
	}
	u.chains[worker] = append(u.chains[worker], refresh)
	return nil
}

// refresh rotates the worker's chains one after the other. Nobody else touches
// them.
func (u *user) refresh(ctx context.Context, c *conn, worker int) error {
	chain := u.chains[worker]
	if len(chain) == 0 {
		return errDone
	}
	at := u.next[worker] % len(chain)
	u.next[worker]++
	_, refresh, err := u.token(ctx, c, "grant_type=refresh_token&refresh_token="+url.QueryEscape(chain[at]))
	switch {
	case err != nil:
		return err
	case refresh == "" || refresh == chain[at]:
		return fmt.Errorf("a refresh token was not rotated")
	}
	chain[at] = refresh
	return nil
}

func (u *user) clientCredentials(ctx context.Context, c *conn, _ int) error {
	_, _, err := u.token(ctx, c, "grant_type=client_credentials")
	return err
}

// token asks the token endpoint, authenticating as RFC 6749 §2.3.1 has it in the
// body, and checks the answer (§5.1).
func (u *user) token(ctx context.Context, c *conn, form string) (access, refresh string, err error) {
	form += "&client_id=" + url.QueryEscape(u.target.ClientID)
	if u.target.ClientSecret != "" {
		form += "&client_secret=" + url.QueryEscape(u.target.ClientSecret)
	}
	answer, err := c.do(ctx, request{method: http.MethodPost, path: path(u.target.Token), contentType: formType, body: []byte(form)})
	if err != nil {
		return "", "", err
	}
	access, refresh = member(answer.body, "access_token"), member(answer.body, "refresh_token")
	if answer.status != http.StatusOK || access == "" || !strings.EqualFold(member(answer.body, "token_type"), "bearer") {
		return "", "", fmt.Errorf("token answers %d %.300s", answer.status, answer.body)
	}
	return access, refresh, nil
}

// any gives one of the access tokens at random, so that no grant is hot.
func (u *user) any() (string, error) {
	if len(u.access) == 0 {
		return "", errDone
	}
	return u.access[mrand.IntN(len(u.access))], nil
}

func (u *user) userInfo(ctx context.Context, c *conn, _ int) error {
	token, err := u.any()
	if err != nil {
		return err
	}
	answer, err := c.do(ctx, request{method: http.MethodGet, path: path(u.target.UserInfo), authorization: "Bearer " + token})
	if err != nil {
		return err
	}
	subject := member(answer.body, "sub")
	if subject == "" {
		subject = member(answer.body, "user_id")
	}
	if answer.status != http.StatusOK || subject == "" {
		return fmt.Errorf("userinfo answers %d %.300s", answer.status, answer.body)
	}
	if len(u.target.Access) > 0 {
		return nil // they are of many users
	}
	u.subject.CompareAndSwap(nil, &subject)
	if want := *u.subject.Load(); subject != want {
		return fmt.Errorf("userinfo is about %s, want %s", subject, want)
	}
	return nil
}

func (u *user) verify(ctx context.Context, c *conn, _ int) error {
	token, err := u.any()
	if err != nil {
		return err
	}
	answer, err := c.do(ctx, request{
		method: http.MethodPost, path: path(u.target.Verify), contentType: "application/json",
		authorization: "Bearer " + u.target.SecretKey, body: []byte(`{"access_token":"` + token + `"}`),
	})
	if err != nil {
		return err
	}
	if answer.status != http.StatusOK || member(answer.body, "client_id") != u.target.ClientID {
		return fmt.Errorf("verify answers %d %.300s", answer.status, answer.body)
	}
	return nil
}

func (u *user) introspect(ctx context.Context, c *conn, _ int) error {
	token, err := u.any()
	if err != nil {
		return err
	}
	form := "token=" + url.QueryEscape(token) + "&client_id=" + url.QueryEscape(u.target.ClientID) + "&client_secret=" + url.QueryEscape(u.target.ClientSecret)
	answer, err := c.do(ctx, request{method: http.MethodPost, path: path(u.target.Introspection), contentType: formType, body: []byte(form)})
	if err != nil {
		return err
	}
	if answer.status != http.StatusOK || !bytes.Contains(bytes.ReplaceAll(answer.body, []byte(" "), nil), []byte(`"active":true`)) {
		return fmt.Errorf("introspection answers %d %.300s", answer.status, answer.body)
	}
	return nil
}

// member gives the text of a member of a JSON object, or "". It takes the first
// one of that name and knows no escapes, which tokens and ids have none of: a
// parser would cost the load more than the server spends on some answers.
func member(object []byte, name string) string {
	_, rest, ok := bytes.Cut(object, []byte(`"`+name+`"`))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n:")
	if len(rest) == 0 || rest[0] != '"' {
		return ""
	}
	value, _, ok := bytes.Cut(rest[1:], []byte(`"`))
	if !ok {
		return ""
	}
	return string(value)
}
