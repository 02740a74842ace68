package dashboard

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signet-auth/signet/internal/store"
)

// userInfoPath is where an access token tells who the user is.
const userInfoPath = "/oauth/userinfo"

// An exchange is a request that the playground sent to this very server, and the
// answer.
type exchange struct {
	request string // as it is shown
	status  int
	answer  []byte
}

// A recorder takes an answer that goes nowhere else.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

// send puts a request through the whole server, as if it had come over the network.
func (d *Dashboard) send(r *http.Request, shown string) exchange {
	r.RemoteAddr, r.RequestURI = "127.0.0.1:0", r.URL.RequestURI()
	to := &recorder{header: http.Header{}}
	d.Self().ServeHTTP(to, r)
	to.WriteHeader(http.StatusOK)
	return exchange{request: shown, status: to.status, answer: to.body.Bytes()}
}

// ask sends a token request as the application would.
func (d *Dashboard) ask(ctx context.Context, c store.Client, secret string, form url.Values) exchange {
	lines := "POST " + d.Issuer + "/oauth/token\nContent-Type: application/x-www-form-urlencoded\n"
	if c.Public {
		form.Set("client_id", c.ID)
	} else {
		lines += "Authorization: Basic (client ID and secret)\n"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Issuer+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return exchange{request: lines}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !c.Public {
		r.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(secret))
	}
	return d.send(r, lines+parameters("\n", "\n&", form))
}

func (d *Dashboard) userInfo(ctx context.Context, token string) exchange {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Issuer+userInfoPath, nil)
	if err != nil {
		return exchange{}
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return d.send(r, "GET "+d.Issuer+userInfoPath+"\nAuthorization: Bearer "+short(token)+"\n")
}

// secretParameters are shown by their beginning alone: a page can be left open.
var secretParameters = map[string]bool{"code": true, "code_verifier": true, "access_token": true, "refresh_token": true, "id_token": true}

const shownOfSecret = 12

func short(secret string) string {
	if len(secret) <= shownOfSecret {
		return secret
	}
	return secret[:shownOfSecret] + "..."
}

// parameters writes a form with a line for each parameter.
func parameters(first, next string, form url.Values) string {
	var b strings.Builder
	between := first
	for _, name := range slices.Sorted(maps.Keys(form)) {
		value := form.Get(name)
		if secretParameters[name] {
			value = short(value)
		}
		fmt.Fprintf(&b, "%s%s=%s", between, name, value)
		if between = next; !strings.HasPrefix(next, "\n") {
			between = "\n  " + next
		}
	}
	return b.String()
}

func (x exchange) members() map[string]any {
	var all map[string]any
	if json.Unmarshal(x.answer, &all) != nil {
		return nil
	}
	return all
}

// text is a member of the answer, or "".
func (x exchange) text(name string) string {
	s, _ := x.members()[name].(string)
	return s
}

// about says more of an answer that is no success.
func (x exchange) about(v *visit) string {
	if x.status == http.StatusOK {
		return ""
	}
	return v.say("board.playground.refused")
}

// wire is how it went, with secrets shortened.
func (x exchange) wire() string {
	all := x.members()
	for name, value := range all {
		if s, ok := value.(string); ok && secretParameters[name] {
			all[name] = short(s)
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil || all == nil {
		text = x.answer
	}
	return fmt.Sprintf("%s\n\n%d %s\n\n%s", strings.TrimRight(x.request, "\n"), x.status, http.StatusText(x.status), text)
}

// claimsOf reads a JWT without checking it: it has just come from this very server.
func claimsOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return token
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return token
	}
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
