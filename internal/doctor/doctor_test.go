package doctor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func form(t *testing.T, text string) oauth.Form {
	t.Helper()
	f, err := oauth.ParseForm(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func refusal(code oauth.ErrorCode, spec string) *oauth.Error {
	return &oauth.Error{Code: code, Spec: spec, Description: "no"}
}

func TestMending(t *testing.T) {
	client := oauth.Client{ID: "c", RedirectURIs: []string{"https://app.example/cb", "http://127.0.0.1:3000/cb"}, SecretHash: oauth.HashSecret("s")}
	public := client
	public.Public = true
	redirect := refusal(oauth.InvalidRequest, "RFC 9700 §2.1")
	expired := oauth.Code{ClientID: "c", RedirectURI: "https://app.example/cb", ExpiresAt: now.Add(-90 * time.Second), Challenge: "abc"}
	tests := []struct {
		name    string
		form    string
		client  *oauth.Client
		unknown bool
		secret  string
		code    *oauth.Code
		grant   *oauth.Grant
		refused *oauth.Error
		want    string
	}{
		{name: "slash", form: "redirect_uri=https://app.example/cb/", client: &client, refused: redirect, want: "a slash at the end"},
		{name: "port", form: "redirect_uri=https://app.example:8443/cb", client: &client, refused: redirect, want: "the port differs"},
		{name: "localhost", form: "redirect_uri=http://localhost:3000/cb", client: &client, refused: redirect, want: "two names to OAuth"},
		{name: "scheme", form: "redirect_uri=http://app.example/cb", client: &client, refused: redirect, want: "the scheme differs"},
		{name: "letters", form: "redirect_uri=https://app.example/CB", client: &client, refused: redirect, want: "capital and small"},
		{name: "query", form: "redirect_uri=https://app.example/cb?x=1", client: &client, refused: redirect, want: "the query differs"},
		{name: "path", form: "redirect_uri=https://app.example/callback", client: &client, refused: redirect, want: "the path differs"},
		{name: "another", form: "redirect_uri=https://other.example/", client: &client, refused: redirect, want: "Register https://other.example/"},
		{name: "unknown client", form: "client_id=x", client: &oauth.Client{}, unknown: true, refused: refusal(oauth.InvalidRequest, "RFC 6749 §4.1.2.1"), want: "no application with this client_id"},
		{name: "wrong secret", client: &client, secret: strings.Repeat("x", 32), refused: refusal(oauth.InvalidClient, "RFC 6749 §5.2"), want: "Was it rotated"},
		{name: "short secret", client: &client, secret: "short", refused: refusal(oauth.InvalidClient, "RFC 6749 §5.2"), want: "5 characters"},
		{name: "spaces", client: &client, secret: " s ", refused: refusal(oauth.InvalidClient, "RFC 6749 §5.2"), want: "white space"},
		{name: "no secret", client: &client, refused: refusal(oauth.InvalidClient, "RFC 6749 §5.2"), want: "is confidential"},
		{name: "secret of a public client", client: &public, secret: "x", refused: refusal(oauth.InvalidClient, "RFC 6749 §5.2"), want: "is public"},
		{name: "expired code", client: &client, code: &expired, refused: refusal(oauth.InvalidGrant, "RFC 6749 §4.1.2"), want: "1m30s before it was sent"},
		{name: "clocks", client: &client, code: &oauth.Code{ClientID: "c", AuthorizedAt: now.Add(time.Hour)}, refused: refusal(oauth.InvalidGrant, "RFC 6749 §4.1.2"), want: "the clocks of the nodes differ"},
		{name: "two methods", client: &client, refused: refusal(oauth.InvalidRequest, "RFC 6749 §2.3"), want: "Authenticate once"},
		{name: "used code", client: &client, code: &expired, grant: &oauth.Grant{RotatedAt: now}, refused: refusal(oauth.InvalidGrant, "RFC 6749 §4.1.2"), want: "at 2026-11-24T12:00:00Z already"},
		{name: "another verifier", form: "code_verifier=xyz", client: &client, code: &expired, refused: refusal(oauth.InvalidGrant, "RFC 7636 §4.6"), want: "the challenge abc"},
		{name: "challenge as verifier", form: "code_verifier=abc", client: &client, code: &expired, refused: refusal(oauth.InvalidGrant, "RFC 7636 §4.6"), want: "where the verifier belongs"},
		{name: "code of another", client: &public, code: &oauth.Code{ClientID: "b"}, refused: refusal(oauth.InvalidGrant, "RFC 6749 §4.1.3"), want: "another application"},
		{name: "general", client: &client, refused: refusal(oauth.InvalidRequest, "RFC 9700 §4.7"), want: "Send state"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := &Note{form: form(t, tt.form), client: tt.client, unknown: tt.unknown, code: tt.code, grant: tt.grant}
			n.Credentials(oauth.Credentials{ClientID: "c", Secret: tt.secret})
			got := strings.Join(n.Case("1", "POST /", tt.refused, now).Mend, " ")
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q in it", got, tt.want)
			}
		})
	}
}

func TestSecretsAreHashed(t *testing.T) {
	ctx, n := With(t.Context())
	From(ctx).Form(form(t, "code=marker&code_verifier=marker&client_secret=marker&state=open&token=marker&refresh_token=marker&x="+strings.Repeat("y", 1000)))
	n.Credentials(oauth.Credentials{ClientID: "c", Secret: "marker"})
	text := fmt.Sprintf("%+v", n.Case("1", "POST /", refusal("x", "y"), now))
	if strings.Contains(text, "marker") || !strings.Contains(text, "open") || len(text) > 2000 {
		t.Errorf("kept: %s", text)
	}
	var none *Note
	none.Form(oauth.Form{})
	none.Client(oauth.Client{}, true)
	if c := none.Case("1", "GET /", refusal("x", "y"), now); c.ID != "1" {
		t.Errorf("without a note: %+v", c)
	}
}

func TestTheOldestCasesAreForgotten(t *testing.T) {
	b := NewBook()
	for i := range maxCases + 5 {
		b.Add(Case{ID: fmt.Sprint(i)})
	}
	if _, ok := b.Find("4"); ok {
		t.Error("an old case is remembered")
	}
	if _, ok := b.Find("5"); !ok {
		t.Error("a case was forgotten too early")
	}
	if recent := b.Recent(3); len(recent) != 3 || recent[0].ID != "1004" || recent[2].ID != "1002" {
		t.Errorf("recent: %+v", recent)
	}
}
