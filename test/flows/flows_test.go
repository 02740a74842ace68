package flows

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/signet-auth/signet/test/harness"
)

func TestConfidentialClientSignsIn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "oauth_app_1", "callback_url": "https://client.example/cb", "scopes": "profile email public_metadata private_metadata"})
		config := w.OAuth2(c)
		someone := harness.NewPerson(t, w.Issuer)
		left := w.SignInAndAllow(t, someone, config.AuthCodeURL("af0ifjsldkj"))
		if left.Query().Get("state") != "af0ifjsldkj" || left.Query().Get("iss") != w.Issuer {
			t.Errorf("the answer went to %v, want state and iss", left)
		}
		token, err := config.Exchange(t.Context(), left.Query().Get("code"))
		if err != nil {
			t.Fatal(err)
		}
		if token.TokenType != "Bearer" || token.ExpiresIn != 7200 || !strings.HasPrefix(token.AccessToken, "oat_") {
			t.Errorf("got %+v", token)
		}
		info := w.userInfo(t, token.AccessToken)
		for _, key := range []string{ // S19
			"object", "instance_id", "email", "email_verified", "family_name", "given_name", "name", "username",
			"picture", "user_id", "public_metadata", "private_metadata", "unsafe_metadata",
		} {
			if _, ok := info[key]; !ok {
				t.Errorf("user info lacks %s: %v", key, info)
			}
		}
		if info["object"] != "oauth_user_info" || info["name"] != "Ada Byron" || info["email_verified"] != true {
			t.Errorf("user info is %v", info)
		}

		// The second time nobody is asked anything.
		again := someone.Visit(config.AuthCodeURL("af0ifjsldkj"))
		if again.Left == nil || again.Left.Query().Get("code") == "" {
			t.Errorf("signed in and agreed: got status %d, want an answer at once", again.Status)
		}
	})
}

func TestPublicClientSignsInWithPKCE(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "oauth_app_pkce", "callback_url": "http://127.0.0.1/cb", "public": true})
		config := w.OAuth2(c)
		config.RedirectURL = "http://127.0.0.1:49152/cb" // any port of loopback
		verifier := oauth2.GenerateVerifier()
		someone := harness.NewPerson(t, w.Issuer)
		link := config.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(verifier))
		left := w.SignInAndAllow(t, someone, link)
		token, err := config.Exchange(t.Context(), left.Query().Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		if info := w.userInfo(t, token.AccessToken); info["sub"] != w.User {
			t.Errorf("user info is %v, want that of %s", info, w.User)
		}
		// Any app on the machine could have asked, so the person is asked again.
		if again := someone.Visit(link); !strings.Contains(again.Body, `id="allow"`) {
			t.Errorf("a native client was answered without asking: %d %v", again.Status, again.Left)
		}
	})
}

func TestDenying(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		someone := harness.NewPerson(t, w.Issuer)
		consent := w.SignIn(t, someone, someone.Visit(w.OAuth2(c).AuthCodeURL("af0ifjsldkj")))
		answer := someone.Submit(consent, "deny", nil)
		if answer.Left == nil {
			t.Fatalf("denied: got status %d, want a redirect to the client", answer.Status)
		}
		q := answer.Left.Query()
		if q.Get("error") != "access_denied" || q.Get("state") != "af0ifjsldkj" || q.Get("iss") != w.Issuer || q.Has("code") {
			t.Errorf("denied: got %v", answer.Left)
		}
	})
}

// refusedAs gives the OAuth error code and status that x/oauth2 reports.
func refusedAs(err error) (string, int) {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return "", 0
	}
	return refused.ErrorCode, refused.Response.StatusCode
}

func TestAReplayedCodeRevokesWhatItBought(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		config := w.OAuth2(c)
		code := w.SignInAndAllow(t, harness.NewPerson(t, w.Issuer), config.AuthCodeURL("af0ifjsldkj")).Query().Get("code")
		token, err := config.Exchange(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		wrong := *config
		wrong.ClientSecret = "wrong"
		if _, err := wrong.Exchange(t.Context(), code); err == nil {
			t.Error("a replay with the wrong secret succeeded")
		}
		w.userInfo(t, token.AccessToken) // CE02: still alive
		_, err = config.Exchange(t.Context(), code)
		if got, status := refusedAs(err); got != "invalid_grant" || status != 400 {
			t.Errorf("a replay got %q %d, want invalid_grant 400", got, status)
		}
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 {
			t.Errorf("after the replay user info answers %d, want 401", status)
		}
		if _, err := w.refresh(c, token.RefreshToken, ""); err == nil {
			t.Error("after the replay the refresh token works")
		}
	})
}

func TestOneCodeExchangedByFifty(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		config := w.OAuth2(c)
		code := w.SignInAndAllow(t, harness.NewPerson(t, w.Issuer), config.AuthCodeURL("af0ifjsldkj")).Query().Get("code")
		won := 0
		for _, err := range harness.Together(50, func() error { _, err := config.Exchange(t.Context(), code); return err }) {
			if err == nil {
				won++
			} else if got, _ := refusedAs(err); got != "invalid_grant" {
				t.Errorf("a loser got %v, want invalid_grant", err)
			}
		}
		if won != 1 {
			t.Errorf("%d exchanges won, want 1", won)
		}
	})
}

func TestOneRefreshTokenSentBySixtyFour(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		answers := make(chan string, 64)
		harness.Together(64, func() error {
			answer, err := w.refresh(c, token.RefreshToken, "")
			if err != nil {
				t.Error(err)
			}
			answers <- answer
			return err
		})
		close(answers)
		first := <-answers
		for answer := range answers {
			if answer != first {
				t.Fatalf("two answers differ:\n%s\n%s", first, answer)
			}
		}
	})
}

func TestRefreshRotatesAndForgivesALostAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		first, err := w.refresh(c, token.RefreshToken, "")
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(30)
		again, err := w.refresh(c, token.RefreshToken, "")
		if err != nil || field(t, again, "refresh_token") != field(t, first, "refresh_token") {
			t.Errorf("30 s later the same token got %s, %v, want the same successor", again, err)
		}
		w.userInfo(t, field(t, again, "access_token"))
		w.Clock.Advance(31)
		if _, err := w.refresh(c, token.RefreshToken, ""); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("after the grace: %v, want invalid_grant", err)
		}
		if _, err := w.refresh(c, field(t, first, "refresh_token"), ""); err == nil {
			t.Error("after the reuse the successor works")
		}
	})
}

func TestExpiry(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		config := w.OAuth2(c)
		someone := harness.NewPerson(t, w.Issuer)
		code := w.SignInAndAllow(t, someone, config.AuthCodeURL("af0ifjsldkj")).Query().Get("code")
		w.Clock.Advance(60)
		if _, err := config.Exchange(t.Context(), code); err == nil {
			t.Error("CE06: a code of 60 seconds ago was exchanged")
		}
		code = someone.Visit(config.AuthCodeURL("af0ifjsldkj")).Left.Query().Get("code")
		token, err := config.Exchange(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(7199)
		w.userInfo(t, token.AccessToken)
		w.Clock.Advance(1)
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 { // S21
			t.Errorf("after 2 hours user info answers %d, want 401", status)
		}
		w.Clock.Advance(259200 - 7200)
		if _, err := w.refresh(c, token.RefreshToken, ""); err == nil { // S22
			t.Error("after 3 days the refresh token works")
		}
	})
}

func TestWithdrawingAUserEndsEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		w.API(t, "POST", "/v1/users/"+w.User+"/ban", nil)
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 {
			t.Errorf("banned: user info answers %d, want 401", status)
		}
		if _, err := w.refresh(c, token.RefreshToken, ""); err == nil {
			t.Error("banned: the refresh token works")
		}
		w.API(t, "POST", "/v1/users/"+w.User+"/unban", nil)
		if status, _ := w.Get(t, "/oauth/userinfo", token.AccessToken); status != 401 {
			t.Errorf("unbanned: user info answers %d, want that nothing revives", status)
		}
	})
}

// Times are kept in milliseconds, and the clock has more digits.
func TestSigningInAgainInTheMillisecondOfABan(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		w.Clock.Add(300 * time.Microsecond)
		w.API(t, "POST", "/v1/users/"+w.User+"/ban", nil)
		w.API(t, "POST", "/v1/users/"+w.User+"/unban", nil)
		w.Clock.Add(300 * time.Microsecond)
		config := w.OAuth2(c)
		left := w.SignInAndAllow(t, harness.NewPerson(t, w.Issuer), config.AuthCodeURL("af0ifjsldkj"))
		if _, err := config.Exchange(t.Context(), left.Query().Get("code")); err != nil {
			t.Errorf("a code issued after the ban: %v", err)
		}
	})
}

func TestRefreshNarrowsAndNeverWidens(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, token := w.grant(t)
		if _, err := w.refresh(c, token.RefreshToken, "email public_metadata"); err == nil || !strings.Contains(err.Error(), "invalid_scope") {
			t.Errorf("widening: %v, want invalid_scope", err)
		}
		narrow, err := w.refresh(c, token.RefreshToken, "email")
		if err != nil {
			t.Fatal(err)
		}
		if info := w.userInfo(t, field(t, narrow, "access_token")); info["name"] != nil || info["email"] == nil {
			t.Errorf("narrowed to email: user info is %v", info)
		}
		wide, err := w.refresh(c, field(t, narrow, "refresh_token"), "")
		if err != nil || field(t, wide, "scope") != "profile email" {
			t.Errorf("after narrowing once: %s, %v, want all scopes again", wide, err)
		}
	})
}

func TestMistakesAtTheTokenEndpoint(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		other := w.CreateApplication(t, map[string]any{"name": "b", "callback_url": "https://client.example/cb"})
		config := w.OAuth2(c)
		verifier := oauth2.GenerateVerifier()
		code := w.SignInAndAllow(t, harness.NewPerson(t, w.Issuer), config.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(verifier))).Query().Get("code")
		valid := url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://client.example/cb"},
			"code_verifier": {verifier}, "client_id": {c.ID}, "client_secret": {c.Secret},
		}
		tests := []struct {
			name   string
			change func(url.Values)
			status int
			want   string
		}{
			{"CA01 wrong secret", func(v url.Values) { v.Set("client_secret", "x") }, 401, "invalid_client"},
			{"CA01 unknown client", func(v url.Values) { v.Set("client_id", "nobody") }, 401, "invalid_client"},
			{"CE05 another client's code", func(v url.Values) { v.Set("client_id", other.ID); v.Set("client_secret", other.Secret) }, 400, "invalid_grant"},
			{"CE14 wrong verifier", func(v url.Values) { v.Set("code_verifier", oauth2.GenerateVerifier()) }, 400, "invalid_grant"},
			{"CE07 no verifier", func(v url.Values) { v.Del("code_verifier") }, 400, "invalid_grant"},
			{"RU18 wrong redirect URI", func(v url.Values) { v.Set("redirect_uri", "https://client.example/cb/") }, 400, "invalid_grant"},
			{"CE17 cut code", func(v url.Values) { v.Set("code", code[:len(code)-2]) }, 400, "invalid_grant"},
			{"CE19 twice", func(v url.Values) { v.Add("code", code) }, 400, "invalid_request"},
			{"CE20 password", func(v url.Values) { v.Set("grant_type", "password") }, 400, "unsupported_grant_type"},
			{"IN01 NUL", func(v url.Values) { v.Set("code", "a\x00b") }, 400, "invalid_request"},
			{"IN01 not UTF-8", func(v url.Values) { v.Set("client_id", "\xff") }, 400, "invalid_request"},
			{"IN02 1 MB", func(v url.Values) { v.Set("code", strings.Repeat("x", 1<<20)) }, 413, "invalid_request"},
			{"RT11 access token as refresh token", func(v url.Values) { v.Set("grant_type", "refresh_token"); v.Set("refresh_token", "oat_x") }, 400, "invalid_grant"},
			{"none of it harmed the code", func(url.Values) {}, 200, ""},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				fields := url.Values{}
				for name, values := range valid {
					fields[name] = append([]string(nil), values...)
				}
				tt.change(fields)
				response, err := http.PostForm(w.Issuer+"/oauth/token", fields)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				var body map[string]any
				if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
					t.Fatal(err)
				}
				got, _ := body["error"].(string)
				if response.StatusCode != tt.status || got != tt.want {
					t.Errorf("got %d %v, want %d %q", response.StatusCode, body, tt.status, tt.want)
				}
				if response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("Content-Type") != "application/json" {
					t.Errorf("headers are %v", response.Header)
				}
			})
		}
	})
}

func TestMistakesAtTheAuthorizationEndpoint(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		tests := []struct {
			name, query string
			want        string // error sent to the client, "" for a page
		}{
			{"AZ01 unknown client", "client_id=nobody&response_type=code&state=12345678", ""},
			{"RU16 wrong redirect URI", "client_id=" + c.ID + "&redirect_uri=https://evil.example/&response_type=code&state=12345678", ""},
			{"RU16 twice", "client_id=" + c.ID + "&redirect_uri=a&redirect_uri=b&response_type=code", ""},
			{"IN01 NUL", "client_id=%00", ""},
			{"AZ08 implicit", "client_id=" + c.ID + "&response_type=token&state=12345678", "unsupported_response_type"},
			{"SC01 scope", "client_id=" + c.ID + "&response_type=code&state=12345678&scope=admin", "invalid_scope"},
			{"AZ05 twice", "client_id=" + c.ID + "&response_type=code&state=12345678&scope=email&scope=email", "invalid_request"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				got := harness.NewPerson(t, w.Issuer).Visit(w.Issuer + "/oauth/authorize?" + tt.query)
				switch {
				case tt.want == "" && (got.Left != nil || got.Status != 400 || !strings.Contains(got.Body, `id="error-code"`)):
					t.Errorf("got %d %v, want a page", got.Status, got.Left)
				case tt.want != "" && (got.Left == nil || got.Left.Query().Get("error") != tt.want || got.Left.Query().Get("iss") != w.Issuer):
					t.Errorf("got %d %v, want a redirect with %s", got.Status, got.Left, tt.want)
				}
				if got.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Error("another origin may read the answer")
				}
			})
		}
	})
}

// The pages speak the language that the application asks for, as long as they can
// (OIDC Core §3.1.2.1).
func TestLanguageOfTheApplication(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.CreateApplication(t, map[string]any{"name": "a", "callback_url": "https://client.example/cb"})
		for _, tt := range []struct{ locales, want string }{
			{"de", "de"}, {"se fr-CA de", "fr"}, {"", "en"}, {"x;;%00,,", "en"}, {strings.Repeat("ja ", 2000), "ja"},
		} {
			link := w.OAuth2(c).AuthCodeURL("af0ifjsldkj", oauth2.SetAuthURLParam("ui_locales", tt.locales))
			page := harness.NewPerson(t, w.Issuer).Visit(link)
			if page.Status != 200 || !strings.Contains(page.Body, `<html lang="`+tt.want+`"`) {
				t.Errorf("ui_locales=%.20q: %d\n%s", tt.locales, page.Status, page.Body)
			}
		}
		refused := harness.NewPerson(t, w.Issuer).Visit(w.Issuer + "/oauth/authorize?client_id=nobody&ui_locales=ar")
		if !strings.Contains(refused.Body, `<html lang="ar" dir="rtl"`) {
			t.Errorf("a refusal:\n%s", refused.Body)
		}
		if _, body := w.Get(t, "/.well-known/openid-configuration", ""); len(body["ui_locales_supported"].([]any)) != 8 {
			t.Errorf("the metadata has %v", body["ui_locales_supported"])
		}
	})
}

func TestMetadataDescribesWhatIsServed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		status, body := w.Get(t, "/.well-known/oauth-authorization-server", "")
		if status != 200 || body["issuer"] != w.Issuer || body["authorization_response_iss_parameter_supported"] != true {
			t.Errorf("got %d %v", status, body)
		}
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint"} {
			address, _ := body[name].(string)
			response, err := http.Get(address)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode == 404 {
				t.Errorf("%s %q is not served", name, address)
			}
		}
	})
}

func TestBrowsersOfOtherOrigins(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, path := range []string{"/oauth/token", "/oauth/userinfo", "/.well-known/oauth-authorization-server"} {
			request, err := http.NewRequest("OPTIONS", w.Issuer+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Origin", "https://spa.example")
			request.Header.Set("Access-Control-Request-Method", "POST")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			h := response.Header
			if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: got %d %v", path, response.StatusCode, h)
			}
		}
	})
}
