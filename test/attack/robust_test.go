package attack

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/test/harness"
)

// texts are what no text should be. Those that JSON can spell are escaped.
var texts = map[string]string{
	"invalid UTF-8": "a\xffb", "overlong": "a\xc0\xafb", "NUL": `a\u0000b`, "NUL, raw": "a\x00b", "half a pair": `a\ud800b`, "the other half": `\udc00`, "U+202E": `a\u202eb`, "newline": `a\nb`,
}

// raw sends what no client of HTTP would, and gives all that comes back.
func (a *attack) raw(request string) string {
	a.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(a.Issuer, "http://"))
	if err != nil {
		a.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(harness.Patience)); err != nil {
		a.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		return ""
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return ""
	}
	text, _ := io.ReadAll(c) // a connection that was cut has said what it says
	return string(text)
}

// statuses are those of the answers that raw got.
func statuses(answers string) (all []string) {
	s := bufio.NewScanner(strings.NewReader(answers))
	for s.Scan() {
		if rest, ok := strings.CutPrefix(s.Text(), "HTTP/1.1 "); ok {
			all = append(all, rest[:3])
		}
	}
	return all
}

var robust = map[string]func(*attack){
	"IN01": func(a *attack) {
		fields := map[string][]string{
			"/v1/oauth_applications": {"name", "callback_url", "scopes"},
			"/v1/users":              {"username", "first_name", "last_name", "locale", "external_id", "password", "password_digest", "created_at"},
			"/v1/invitations":        {"email_address", "redirect_url"},
			"/v1/oauth_scopes":       {"name", "description"},
			"/v1/secret_keys":        {"name"},
		}
		for what, text := range texts {
			for path, names := range fields {
				for _, name := range names {
					body := fmt.Sprintf(`{"name":"x","username":"odd_x","email_address":"odd@example.com","%s":"%s"}`, "odd_"+name, text)
					body = strings.Replace(body, `"odd_`+name+`"`, `"`+name+`"`, 1)
					if name == "name" || name == "username" || name == "email_address" {
						body = fmt.Sprintf(`{"%s":"%s"}`, name, text)
					}
					if x := a.admin("POST", path, body); x.status != 400 && x.status != 422 {
						if what != "U+202E" || x.status != 200 { // kept, and isolated where it is shown
							a.Errorf("%s in %s of %s: %d %s", what, name, path, x.status, x.text)
						}
					}
				}
			}
		}
		for _, bad := range []string{"%ff", "%c0%af", "%00", "a%00b", "%ed%a0%80"} {
			for _, path := range []string{"/v1/users?query=", "/v1/users?email_address=", "/v1/users?user_id=", "/v1/oauth_applications?name_query=", "/v1/invitations?query="} {
				a.refused(path+bad, a.admin("GET", path+bad, ""), 400, "malformed_request_parameters")
			}
			for _, path := range []string{"/v1/users/user_", "/v1/oauth_applications/", "/v1/sessions/", "/v1/email_addresses/", "/v1/users/" + a.User + "/connections/"} {
				if x := a.admin("GET", path+bad, ""); x.status != 404 && x.status != 400 && x.status != 405 {
					a.Errorf("%s%s: %d %s", path, bad, x.status, x.text)
				}
			}
			for _, name := range []string{"code", "refresh_token", "client_id", "client_secret", "redirect_uri", "code_verifier", "scope", "resource"} {
				form := "grant_type=authorization_code&code=x&redirect_uri=x&client_id=" + a.app.ID + "&client_secret=x&"
				if x := a.do("POST", "/oauth/token", "", formType, form+name+"="+bad); x.status != 400 && x.status != 401 {
					a.Errorf("%s in %s: %d %s", bad, name, x.status, x.text)
				}
			}
			for _, name := range []string{"client_id", "redirect_uri", "scope", "state", "nonce", "prompt", "resource", "login_hint"} {
				if page := a.someone.Visit(a.Issuer + "/oauth/authorize?response_type=code&client_id=" + a.app.ID + "&redirect_uri=" + url.QueryEscape(callback) + "&state=" + aState + "&" + name + "=" + bad); page.Status >= 500 {
					a.Errorf("%s in %s: %d", bad, name, page.Status)
				}
			}
		}
		page := a.someone.Visit(a.Issuer + "/sign-in")
		for _, text := range []string{"a\x00b", "a\xffb", "a\u202eb"} {
			if again := a.someone.Submit(page, "sign-in", map[string]string{"identifier": text, "password": text}); again.Status >= 500 || again.Status == 303 {
				a.Errorf("signing in as %q: %d", text, again.Status)
			}
		}
	},
	"IN02": func(a *attack) {
		if got := statuses(a.raw("GET /v1/users HTTP/1.1\r\nHost: x\r\nX-Large: " + long(1<<20) + "\r\n\r\n")); len(got) != 1 || got[0] != "431" {
			a.Errorf("a header of a megabyte: %v", got)
		}
		many := strings.Repeat("a=1&", 100_000)
		for _, path := range []string{"/oauth/token", "/oauth/token/revoke", "/oauth/authorize", "/oauth/device_authorization"} {
			if x := a.do("POST", path, "", formType, many); x.status < 400 || x.status > 413 {
				a.Errorf("100,000 parameters to %s: %d %.200s", path, x.status, x.text)
			}
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for path, kind := range map[string]string{"/oauth/token": formType, "/v1/users": "application/json", a.application("/logo"): "multipart/form-data; boundary=x", "/sign-in": formType} {
			body := &endless{}
			body.left.Store(1 << 30)
			r, err := http.NewRequestWithContext(a.Context(), "POST", a.Issuer+path, body)
			if err != nil {
				a.Fatal(err)
			}
			if strings.HasSuffix(path, "/logo") {
				r.Method = "PUT"
			}
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Authorization", secretKey)
			response, err := http.DefaultClient.Do(r)
			if err == nil { // or it was cut off while sending
				response.Body.Close()
				if response.StatusCode < 400 || response.StatusCode >= 500 {
					a.Errorf("a gigabyte to %s: %d", path, response.StatusCode)
				}
			}
			if sent := 1<<30 - body.left.Load(); sent > 64<<20 {
				a.Errorf("%s took %d bytes of a gigabyte", path, sent)
			}
		}
		runtime.ReadMemStats(&after)
		if grown := int64(after.Sys) - int64(before.Sys); grown > 256<<20 {
			a.Errorf("memory grew by %d MiB", grown>>20)
		}
	},
	"IN03": func(a *attack) {
		for what, body := range map[string]string{
			"deep": strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), "deep array": `{"name":` + strings.Repeat("[", 200_000), "a name twice": `{"name":"a","name":"b"}`,
			"a name twice below": `{"name":"a","signet":{"a":1,"a":2}}`, "a number": `{"name":"a","x":1e999}`, "an array": `[]`, "text": `"x"`, "two values": `{"name":"a"}{}`, "no end": `{"name":"a"`,
			"NaN": `{"name":NaN}`, "a comma": `{"name":"a",}`, "single quotes": `{'name':'a'}`, "a BOM": "\ufeff{}", "hex": `{"name":0x1}`,
		} {
			a.refused(what, a.admin("POST", "/v1/oauth_applications", body), 400, "request_body_invalid")
		}
		a.refused("a name that is a number", a.admin("POST", "/v1/oauth_applications", `{"name":1}`), 422, "form_param_type_invalid")
		for field, value := range map[string]string{"redirect_uris": "{}", "scopes": "true", "public": `"true"`, "pkce_required": "0", "callback_url": "[]"} {
			a.refused(field, a.admin("POST", "/v1/oauth_applications", `{"name":"x","`+field+`":`+value+`}`), 422, "form_param_type_invalid")
		}
		for field, value := range map[string]string{"email_address": `"x"`, "public_metadata": "[]", "first_name": "{}", "created_at": "1", "banned": `"no"`, "create_organizations_limit": "1.5", "delete_self_enabled": "null,\"locked\":7"} {
			a.refused(field, a.admin("POST", "/v1/users", `{"username":"odd_x","`+field+`":`+value+`}`), 422, "form_param_type_invalid")
		}
		a.refused("a form", a.do("POST", "/v1/users", secretKey, formType, "username=x"), 415, "unsupported_content_type")
		a.refused("XML", a.do("POST", "/v1/users", secretKey, "application/xml", "<a/>"), 415, "unsupported_content_type")
	},
	"IN04": func(a *attack) {
		for _, path := range []string{
			"/v1/users/", "/V1/users", "/v1/Users", "/v1/users;x=1", "/v1/users%2f" + a.User, "/v1//users", "/v1/./users", "/v1/users/../users", "/v1/%2e%2e/v1/users", "/v1/users%00", "/v1/users%20",
			"//v1/users", "/v1/oauth_applications/%2e%2e/users", "/v1\\users",
		} {
			x := a.admin("GET", strings.ReplaceAll(path, `\`, "%5C"), "")
			if x.status != 404 && x.status != 301 && x.status != 307 && x.status != 308 || strings.Contains(x.text, harness.Email) {
				a.Errorf("%s: %d %s", path, x.status, x.text)
			}
			if to := x.header.Get("Location"); to != "" && !strings.HasPrefix(to, "/v1/") {
				a.Errorf("%s sends to %s", path, to)
			}
		}
		for _, path := range []string{"/oauth/token/", "/OAuth/token", "/oauth/%74oken/", "/oauth/token;x", "/oauth/token%2f", "/oauth/./token", "/oauth/x/../token", "//oauth//token"} {
			if x := a.do("POST", path, basic(a.app), formType, "grant_type=client_credentials"); x.status == 200 || x.status >= 500 || x.body["error"] != nil && !strings.Contains(path, "..") && !strings.Contains(path, "./") {
				a.Errorf("%s: %d %s", path, x.status, x.text)
			}
		}
	},
	"IN05": func(a *attack) {
		smuggled := "GET /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: " + secretKey + "\r\n\r\n"
		for what, request := range map[string]string{
			"two lengths":           "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\na=b" + smuggled,
			"length and chunks":     "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: " + formType + "\r\nContent-Length: " + fmt.Sprint(5+len(smuggled)) + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
			"an unknown encoding":   "POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled,
			"two encodings":         "POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
			"a space before colon":  "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n" + smuggled,
			"a length with a sign":  "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\na=b" + smuggled,
			"a chunk that is wrong": "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: " + formType + "\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + smuggled,
			"two hosts":             "GET /v1/users HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + smuggled,
		} {
			answers := a.raw(request)
			// Chunks count more than a length, and end the connection.
			if got := statuses(answers); len(got) != 1 || got[0] < "400" || got[0] > "501" || strings.Contains(answers, harness.Email) {
				a.Errorf("%s: %v", what, got)
			}
		}
	},
	"IN06": func(a *attack) {
		access, _ := a.grant()
		for _, header := range []string{"Authorization", "Authorization, Content-Length", "X-Forwarded-For, Host", "close, Cookie"} {
			got := a.raw("GET /oauth/userinfo HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\nConnection: " + header + "\r\nAuthorization: Bearer " + access + "\r\n\r\n")
			if s := statuses(got); len(s) != 1 || s[0] != "200" {
				a.Errorf("Connection: %s: %v", header, s)
			}
		}
		metadata := a.raw("GET /.well-known/openid-configuration HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nConnection: Host, close\r\n\r\n")
		if strings.Contains(metadata, "evil.example") || !strings.Contains(metadata, a.Issuer) {
			a.Errorf("the metadata follow the headers: %s", metadata)
		}
	},
	"IN07": func(a *attack) {
		code := a.signIn()
		all := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}}
		a.want("all in the query", a.do("POST", "/oauth/token?"+all.Encode(), basic(a.app), formType, ""), 400, "invalid_request")
		a.want("the code in the query", a.do("POST", "/oauth/token?code="+code, basic(a.app), formType, "grant_type=authorization_code&redirect_uri="+url.QueryEscape(callback)), 400, "invalid_request")
		for _, name := range []string{"grant_type", "code", "redirect_uri"} {
			a.want(name+" twice", a.do("POST", "/oauth/token", basic(a.app), formType, all.Encode()+"&"+name+"="+url.QueryEscape(all.Get(name))), 400, "invalid_request")
		}
		a.want("once, in the body", a.do("POST", "/oauth/token", basic(a.app), formType, all.Encode()), 200, "")
	},
}

// An endless body yields zeros. It may still be read when the answer is there.
type endless struct{ left atomic.Int64 }

// Read implements io.Reader.
func (e *endless) Read(p []byte) (int, error) {
	left := e.left.Load()
	if left <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), int(left))
	e.left.Add(-int64(n))
	clear(p[:n])
	return n, nil
}
