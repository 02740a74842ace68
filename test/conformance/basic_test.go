package conformance

import (
	"crypto/sha256"
	"encoding/base64"
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

// basic are the modules of the Basic profile that run with a client that was
// entered by hand. Those of unsigned ID tokens and request objects do not apply:
// nothing lists the algorithm none.
var basic = map[string]func(*op){
	"oidcc-server":                happyFlow,
	"oidcc-response-type-missing": responseTypeMissing,
	"oidcc-idtoken-signature":     idTokenSignature,
	"oidcc-userinfo-get":          userInfoGet,
	"oidcc-userinfo-post-header":  userInfoPostHeader,
	"oidcc-userinfo-post-body":    userInfoPostBody,
	"oidcc-ensure-request-without-nonce-succeeds-for-code-flow": withoutNonce,
	"oidcc-scope-profile":                                  func(o *op) { scope(o, "profile", "name", "preferred_username", "updated_at") },
	"oidcc-scope-email":                                    func(o *op) { scope(o, "email", "email", "email_verified") },
	"oidcc-scope-all":                                      func(o *op) { scope(o, "profile email", "name", "email") },
	"oidcc-alternate-happy-flow":                           alternateHappyFlow,
	"oidcc-display-page":                                   func(o *op) { o.code(o.person(), "display", "page") },
	"oidcc-display-popup":                                  func(o *op) { o.code(o.person(), "display", "popup") },
	"oidcc-prompt-login":                                   promptLogin,
	"oidcc-prompt-none-not-logged-in":                      promptNoneNotLoggedIn,
	"oidcc-prompt-none-logged-in":                          promptNoneLoggedIn,
	"oidcc-max-age-1":                                      maxAge1,
	"oidcc-max-age-10000":                                  maxAge10000,
	"oidcc-ensure-request-with-unknown-parameter-succeeds": func(o *op) { o.code(o.person(), "extra", "foobar") },
	"oidcc-id-token-hint":                                  idTokenHint,
	"oidcc-login-hint":                                     loginHint,
	"oidcc-ui-locales":                                     func(o *op) { o.code(o.person(), "ui_locales", "se") },
	"oidcc-claims-locales":                                 func(o *op) { o.code(o.person(), "claims_locales", "se") },
	"oidcc-ensure-request-with-acr-values-succeeds":        acrValues,
	"oidcc-codereuse":                                      func(o *op) { codeReuse(o, 0) },
	"oidcc-codereuse-30seconds":                            func(o *op) { codeReuse(o, 30*time.Second) },
	"oidcc-ensure-registered-redirect-uri":                 registeredRedirectURI,
	"oidcc-ensure-post-request-succeeds":                   postRequest,
	"oidcc-server-client-secret-post":                      clientSecretPost,
	"oidcc-claims-essential":                               claimsEssential,
	"oidcc-refresh-token":                                  refreshToken,
	"oidcc-ensure-request-with-valid-pkce-succeeds":        validPKCE,
	"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": func(o *op) {
		someone := o.person()
		o.refused(someone, someone.Visit(o.request("request", "eyJhbGciOiJub25lIn0.e30.")), "request_not_supported")
	},
	"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": func(o *op) {
		someone := o.person()
		o.refused(someone, someone.Visit(o.request("request_uri", "https://rp.example/request")), "request_uri_not_supported")
	},
	"oidcc-ensure-request-object-with-redirect-uri": func(o *op) {
		page := o.person().Visit(o.request("request", "eyJhbGciOiJub25lIn0.e30.", "redirect_uri", "https://other.example/"))
		o.errorPage(page)
	},
}

func TestBasic(t *testing.T) { run(t, "", basic) }

// TestFormPost runs the same modules with response_mode=form_post.
func TestFormPost(t *testing.T) { run(t, "form_post", basic) }

func run(t *testing.T, mode string, modules map[string]func(*op)) {
	for name, module := range modules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			module(newOP(t, mode))
		})
	}
}

func (o *op) errorPage(page harness.Page) {
	o.Helper()
	if page.Left != nil || page.Status != http.StatusBadRequest || shows(page) != "error-code" {
		o.Errorf("status %d, left for %v, want an error page", page.Status, page.Left)
	}
}

func happyFlow(o *op) {
	code, _ := o.code(o.person())
	if len(code) < 32 {
		o.Errorf("the code %q is short", code)
	}
	token, id, claims := o.tokens(code)
	if claims["nonce"] != aNonce || id.Issuer != o.issuer {
		o.Errorf("claims are %v", claims)
	}
	if age := o.clock().Sub(id.IssuedAt); age < -time.Second || age > 5*time.Minute {
		o.Errorf("iat is %v off", age)
	}
	if token.ExpiresIn <= 0 || token.TokenType != "Bearer" {
		o.Errorf("the answer is %+v", token)
	}
	o.must(id.VerifyAccessToken(token.AccessToken)) // at_hash
	if _, leaked := claims["name"]; leaked {
		o.Error("the ID token tells the name to a client that asked for openid alone")
	}
}

func responseTypeMissing(o *op) {
	someone := o.person()
	o.refused(someone, someone.Visit(o.request("response_type", "")), "invalid_request", "unsupported_response_type")
}

func idTokenSignature(o *op) {
	code, _ := o.code(o.person())
	token, _, _ := o.tokens(code)
	raw, _ := token.Extra("id_token").(string)
	head, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[0])
	o.must(err)
	var header struct{ Alg, Kid string }
	o.must(json.Unmarshal(head, &header))
	if header.Alg != "RS256" || header.Kid == "" {
		o.Errorf("the header is %s, want RS256 and a kid", head)
	}
}

func userInfoGet(o *op) {
	code, _ := o.code(o.person(), "scope", allScopes)
	token, _, _ := o.tokens(code)
	claims := o.userInfo("GET", token.AccessToken, "")
	_, isText := claims["name"].(string)
	_, isFlag := claims["email_verified"].(bool)
	_, isNumber := claims["updated_at"].(float64)
	if !isText || !isFlag || !isNumber {
		o.Errorf("claims have the wrong types: %v", claims)
	}
	for name, value := range claims {
		if value == nil {
			o.Errorf("%s is null", name)
		}
	}
}

func userInfoPostHeader(o *op) {
	code, _ := o.code(o.person())
	token, _, _ := o.tokens(code)
	o.userInfo("POST", token.AccessToken, "")
}

func userInfoPostBody(o *op) {
	code, _ := o.code(o.person())
	token, _, _ := o.tokens(code)
	o.userInfo("POST", "", url.Values{"access_token": {token.AccessToken}}.Encode())
}

func withoutNonce(o *op) {
	code, _ := o.code(o.person(), "nonce", "")
	if _, _, claims := o.tokens(code); claims["nonce"] != nil {
		o.Errorf("there is a nonce that nobody sent: %v", claims["nonce"])
	}
}

// The claims of profile and email are in the ID token too, as Clerk's clients
// expect. Certification warns about it.
func scope(o *op, scopes string, want ...string) {
	code, _ := o.code(o.person(), "scope", "openid "+scopes)
	token, _, _ := o.tokens(code)
	claims := o.userInfo("GET", token.AccessToken, "")
	for _, name := range want {
		if claims[name] == nil {
			o.Errorf("user info lacks %s: %v", name, claims)
		}
	}
}

func alternateHappyFlow(o *op) {
	link, err := url.Parse(o.request("scope", otherScope))
	o.must(err)
	parts := strings.Split(link.RawQuery, "&")
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	someone := o.person()
	answer, _ := o.finish(someone, someone.Visit(o.issuer+"/oauth/authorize?"+strings.Join(parts, "&")))
	o.tokens(answer.Get("code"))
}

func promptLogin(o *op) {
	someone, _, before := o.signIn()
	o.advance(2 * time.Second)
	code, pages := o.code(someone, "prompt", "login")
	if len(pages) == 0 || pages[0] != "sign-in" {
		o.Errorf("the pages were %v, want the sign-in page", pages)
	}
	if _, _, after := o.tokens(code); after["auth_time"].(float64) <= before["auth_time"].(float64) {
		o.Errorf("auth_time went from %v to %v", before["auth_time"], after["auth_time"])
	}
}

func promptNoneNotLoggedIn(o *op) {
	someone := o.person()
	o.refused(someone, someone.Visit(o.request("prompt", "none")), "login_required", "interaction_required")
}

// silent is a request that must be answered without a page.
func silent(o *op, someone *harness.Person, change ...string) map[string]any {
	o.Helper()
	code, pages := o.code(someone, change...)
	for _, page := range pages {
		if page != "go-on" {
			o.Errorf("the pages were %v, want none", pages)
		}
	}
	_, _, claims := o.tokens(code)
	return claims
}

func promptNoneLoggedIn(o *op) {
	someone, _, before := o.signIn()
	o.advance(2 * time.Second)
	if after := silent(o, someone, "prompt", "none"); after["auth_time"] != before["auth_time"] || after["sub"] != before["sub"] {
		o.Errorf("auth_time went from %v to %v", before["auth_time"], after["auth_time"])
	}
}

func maxAge1(o *op) {
	someone, _, before := o.signIn()
	o.advance(2 * time.Second)
	code, pages := o.code(someone, "max_age", "1")
	if len(pages) == 0 || pages[0] != "sign-in" {
		o.Errorf("the pages were %v, want the sign-in page", pages)
	}
	_, _, after := o.tokens(code)
	if after["auth_time"].(float64) <= before["auth_time"].(float64) || float64(o.clock().Unix())-after["auth_time"].(float64) > 1 {
		o.Errorf("auth_time went from %v to %v", before["auth_time"], after["auth_time"])
	}
}

func maxAge10000(o *op) {
	someone, _, before := o.signIn("max_age", "15000")
	o.advance(time.Minute)
	if after := silent(o, someone, "max_age", "10000"); after["auth_time"] == nil || after["auth_time"] != before["auth_time"] {
		o.Errorf("auth_time went from %v to %v", before["auth_time"], after["auth_time"])
	}
}

func idTokenHint(o *op) {
	someone := o.person()
	code, _ := o.code(someone)
	token, _, before := o.tokens(code)
	o.advance(2 * time.Second)
	hint, _ := token.Extra("id_token").(string)
	if after := silent(o, someone, "prompt", "none", "id_token_hint", hint); after["auth_time"] != before["auth_time"] || after["sub"] != before["sub"] {
		o.Errorf("another sign-in: %v, %v", before, after)
	}
}

func loginHint(o *op) {
	page := o.person().Visit(o.request("login_hint", "buffy@"+strings.TrimPrefix(o.issuer, "https://")))
	if shows(page) != "sign-in" || !strings.Contains(page.Body, `value="buffy@`) {
		o.Errorf("status %d, the hint is not filled in:\n%s", page.Status, page.Body)
	}
}

func acrValues(o *op) {
	if _, _, claims := o.signIn("acr_values", "urn:signet:acr:1"); claims["acr"] != "urn:signet:acr:1" {
		o.Errorf("acr is %v", claims["acr"])
	}
}

func codeReuse(o *op, after time.Duration) {
	code, _ := o.code(o.person())
	token, _, _ := o.tokens(code)
	o.advance(after)
	_, err := o.clients[0].Exchange(o.context(), code)
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" || refused.Response.StatusCode != 400 {
		o.Errorf("the second time: %v, want invalid_grant with 400", err)
	}
	if _, err := o.oidc.UserInfo(o.context(), oauth2.StaticTokenSource(token)); err == nil {
		o.Error("the first access token is still good")
	}
}

func registeredRedirectURI(o *op) {
	o.errorPage(o.person().Visit(o.request("redirect_uri", callback+"/other")))
}

func postRequest(o *op) {
	link, err := url.Parse(o.request())
	o.must(err)
	someone := o.person()
	form := `<form method="post" action="/oauth/authorize"><button id="send">`
	for name, values := range link.Query() {
		form += `<input type="hidden" name="` + name + `" value="` + values[0] + `">`
	}
	answer, _ := o.finish(someone, someone.Submit(harness.Page{Body: form + `</form>`}, "send", nil))
	o.tokens(answer.Get("code"))
}

func clientSecretPost(o *op) {
	o.clients[0] = o.clients[1]
	code, _ := o.code(o.person())
	o.tokens(code)
}

func claimsEssential(o *op) {
	code, _ := o.code(o.person(), "claims", `{"userinfo":{"name":{"essential":true}}}`)
	token, _, claims := o.tokens(code)
	if claims["name"] != nil {
		o.Error("the name is in the ID token")
	}
	if info := o.userInfo("GET", token.AccessToken, ""); info["name"] != "Ada Byron" || info["given_name"] != nil {
		o.Errorf("user info is %v, want the name and no more", info)
	}
}

func refreshToken(o *op) {
	code, _ := o.code(o.person(), "scope", "openid offline_access", "prompt", "consent")
	token, _, before := o.tokens(code)
	o.advance(time.Minute)
	expired := &oauth2.Token{RefreshToken: token.RefreshToken}
	fresh, err := o.clients[0].TokenSource(o.context(), expired).Token()
	o.must(err)
	_, after := o.idToken(fresh)
	for _, name := range []string{"iss", "sub", "aud", "azp", "auth_time", "sid"} {
		if after[name] != before[name] {
			o.Errorf("%s went from %v to %v", name, before[name], after[name])
		}
	}
	if after["iat"].(float64) <= before["iat"].(float64) || after["nonce"] != nil {
		o.Errorf("the ID token of the refresh is %v", after)
	}
	_, err = o.clients[1].TokenSource(o.context(), &oauth2.Token{RefreshToken: fresh.RefreshToken}).Token()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" || refused.Response.StatusCode != 400 {
		o.Errorf("by another client: %v, want invalid_grant with 400", err)
	}
}

func validPKCE(o *op) {
	verifier := oauth2.GenerateVerifier()
	sum := sha256.Sum256([]byte(verifier))
	code, _ := o.code(o.person(), "code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256")
	o.tokens(code, oauth2.VerifierOption(verifier))
}
