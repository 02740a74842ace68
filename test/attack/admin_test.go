package attack

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/signet-auth/signet/test/harness"
)

var adminAPI = map[string]func(*attack){
	"AD01": func(a *attack) {
		made := a.API(a, "POST", "/v1/secret_keys", map[string]any{"name": "short", "expires_in_seconds": 60})
		short, _ := made["secret_key"].(string)
		a.issued(short)
		if x := a.do("GET", "/v1/users", "Bearer "+short, "", ""); x.status != 200 {
			a.Errorf("a key before its end: %d", x.status)
		}
		a.Clock.Advance(60)
		const format, wrong = "authorization_header_format_invalid", "clerk_key_invalid"
		for _, tt := range []struct{ what, header, query, code string }{
			{"none", "", "", format},
			{"in the query", "", "?secret_key=" + harness.SecretKey + "&access_token=" + harness.SecretKey, format},
			{"another scheme", "Basic " + harness.SecretKey, "", format},
			{"no scheme", harness.SecretKey, "", format},
			{"of another instance", "Bearer sk_test_" + strings.Repeat("x", 40), "", wrong},
			{"one character more", secretKey + "x", "", wrong},
			{"one character less", secretKey[:len(secretKey)-1], "", wrong},
			{"in other letters", "Bearer " + strings.ToUpper(harness.SecretKey), "", wrong},
			{"expired", "Bearer " + short, "", wrong},
		} {
			a.refused(tt.what, a.do("GET", "/v1/users"+tt.query, tt.header, "", ""), 401, tt.code)
		}
	},
	"AD02": func(a *attack) {
		access, refresh := a.grant()
		made := a.API(a, "POST", "/v1/sign_in_tokens", map[string]any{"user_id": a.User})
		ticket, _ := made["token"].(string)
		for what, token := range map[string]string{
			"an access token": access, "a refresh token": refresh, "a client secret": a.app.Secret, "a sign-in token": ticket, "a publishable key": "pk_test_Y2xlcmsuZXhhbXBsZSQ",
			"a machine key": "ak_" + strings.Repeat("x", 32),
		} {
			a.refused(what, a.do("GET", "/v1/users", "Bearer "+token, "", ""), 401, "clerk_key_invalid")
		}
		a.want("the secret key as an access token", a.userInfo(harness.SecretKey), 401, "invalid_token")
		if a.active(a.app, harness.SecretKey) {
			a.Error("the secret key is an active token")
		}
	},
	"AD03": func(a *attack) {
		// The Backend API is on the listener of everything else, as Clerk's SDKs expect,
		// and opens to nobody without a key: there always is one, made at the first start
		// if none was set. What has no key is told nothing, not even which paths exist.
		for path, methods := range a.operations() {
			for _, method := range methods {
				x := a.do(method, strings.NewReplacer("{", "", "}", "").Replace(path), "", "application/json", "{}")
				a.refused(method+" "+path, x, 401, "authorization_header_format_invalid")
			}
		}
		a.refused("a path that does not exist", a.do("GET", "/v1/nothing", "", "", ""), 401, "authorization_header_format_invalid")
		for path, want := range map[string]int{"/metrics": 401, "/debug/pprof/": 404, "/admin": 404, "/v2/users": 404} {
			if x := a.do("GET", path, "", "", ""); x.status != want {
				a.Errorf("%s answers %d to a stranger, want %d", path, x.status, want)
			}
		}
	},
	"AD04": func(a *attack) {
		before := a.admin("GET", a.application(""), "").text
		for field, value := range map[string]string{
			"id": `"oa_2O4BCh3zUONvWlZHtBXv6s6tm7u"`, "client_id": `"mine"`, "client_secret": `"mine"`, "created_at": "1", "instance_id": `"ins_x"`, "dynamically_registered": "true",
			"object": `"user"`, "secrets": "[]", "not_before": "0", "__proto__": "{}",
		} {
			a.refused(field, a.admin("PATCH", a.application(""), `{"name":"mine","`+field+`":`+value+`}`), 422, "form_param_unknown")
			if made := a.admin("POST", "/v1/oauth_applications", `{"name":"mine","`+field+`":`+value+`}`); made.status != 200 || strings.Contains(made.text, `"`+field+`":`+value+",") {
				a.Errorf("%s: created as %d %s", field, made.status, made.text)
			}
		}
		for field, value := range map[string]string{"consent_screen_enabled": `"yes"`, "public": "1", "pkce_required": "[]", "redirect_uris": `"a://b"`, "scopes": `["openid"]`, "name": "{}", "signet": "[]"} {
			a.refused(field, a.admin("PATCH", a.application(""), `{"`+field+`":`+value+`}`), 422, "form_param_type_invalid")
		}
		if after := a.admin("GET", a.application(""), "").text; after != before {
			a.Errorf("the application became %s", after)
		}
		for _, field := range []string{"id", "object", "updated_at", "password_enabled", "email_addresses", "last_sign_in_at"} {
			a.refused(field, a.admin("POST", "/v1/users", `{"username":"mine_x","`+field+`":1}`), 422, "form_param_unknown")
			a.refused(field, a.admin("PATCH", "/v1/users/"+a.User, `{"`+field+`":1}`), 422, "form_param_unknown")
		}
		a.refused("banned by a change", a.admin("PATCH", "/v1/users/"+a.User, `{"banned":false}`), 422, "form_param_unknown")
	},
	"AD05": func(a *attack) {
		a.API(a, "DELETE", "/v1/oauth_applications/"+a.other.Application, nil)
		session := "/v1/sessions/sess_2O4BCh3zUONvWlZHtBXv6s6tm7u"
		for _, path := range []string{
			"/v1/oauth_applications/" + a.other.Application, "/v1/oauth_applications/oa_2O4BCh3zUONvWlZHtBXv6s6tm7u", "/v1/oauth_applications/" + a.User,
			"/v1/oauth_applications/" + a.app.ID, "/v1/users/user_2O4BCh3zUONvWlZHtBXv6s6tm7u", "/v1/users/" + a.app.Application, session, "/v1/email_addresses/" + a.User,
		} {
			a.refused(path, a.admin("GET", path, ""), 404, "resource_not_found")
		}
		a.refused("changing one that is gone", a.admin("PATCH", "/v1/oauth_applications/"+a.other.Application, `{"name":"x"}`), 404, "resource_not_found")
		a.refused("deleting it again", a.admin("DELETE", "/v1/oauth_applications/"+a.other.Application, ""), 404, "resource_not_found")
		access, _ := a.grant()
		a.refused("a token of another application", a.admin("POST", "/v1/oauth_applications/"+a.spa.Application+"/revoke_token", `{"token":"`+access+`"}`), 404, "resource_not_found")
		a.alive("after another application's revocation", access)
	},
	"AD06": func(a *attack) {
		lists := []string{"/v1/users", "/v1/oauth_applications", "/v1/sessions?user_id=" + a.User, "/v1/invitations", "/v1/oauth_refusals", "/v1/users/" + a.User + "/connections"}
		for _, list := range lists {
			separator := "?"
			if strings.Contains(list, "?") {
				separator = "&"
			}
			for _, bad := range []string{"limit=-1", "limit=0", "limit=501", "limit=1000000000", "limit=1e2", "limit=0x10", "limit=%20", "limit=99999999999999999999"} {
				a.refused(list+" "+bad, a.admin("GET", list+separator+bad, ""), 422, "form_param_value_invalid")
			}
		}
		for _, list := range lists[:4] {
			for _, bad := range []string{"offset=-1", "offset=1e9", "offset=2147483648", "order_by=client_secret", "order_by=password_digest", "order_by=created_at%3BDROP%20TABLE%20users", "order_by=%27"} {
				if strings.HasPrefix(list, "/v1/sessions") && strings.HasPrefix(bad, "order_by") {
					continue // that list has one order
				}
				separator := "?"
				if strings.Contains(list, "?") {
					separator = "&"
				}
				a.refused(list+" "+bad, a.admin("GET", list+separator+bad, ""), 422, "form_param_value_invalid")
			}
		}
		if x := a.admin("GET", "/v1/users?offset=2147483647", ""); x.status != 200 || x.text != "[]\n" {
			a.Errorf("beyond the end: %d %s", x.status, x.text)
		}
		for _, text := range []string{"%27%20OR%201=1--", "%25", "_", "%5C", "!%25", "%22", "*", "NEAR(a,b)", "{user_id}%20:%20a", "ada%22%20OR%20%22b"} {
			for _, name := range []string{"query", "email_address_query", "name_query", "username_query"} {
				if x := a.admin("GET", "/v1/users/count?"+name+"="+text, ""); x.status != 200 || x.body["total_count"] != 0.0 && text != "_" {
					a.Errorf("%s=%s: %d %s", name, text, x.status, x.text)
				}
			}
		}
		a.forgedCursors()
	},
	"AD07": func(a *attack) {
		path := "/v1/oauth_applications/" + a.app.Application
		secrets := make(chan string, 20)
		together(20, func() answer {
			x := a.admin("POST", path+"/rotate_secret", "")
			if secret, _ := x.body["client_secret"].(string); secret != "" {
				secrets <- secret
			}
			return x
		})
		close(secrets)
		live := 0
		for secret := range secrets {
			a.issued(secret)
			c := a.app
			if c.Secret = secret; a.as(c, "/oauth/token_info", "token", "x").status == 200 {
				live++
			}
		}
		if old := a.as(a.app, "/oauth/token_info", "token", "x"); live != 1 || old.status != 401 {
			a.Errorf("%d secrets live, and the first one answers %d", live, old.status)
		}
		names := strings.Split("abcdefghij", "")
		turn := make(chan string, len(names))
		for _, name := range names {
			turn <- name
		}
		for _, x := range together(len(names), func() answer { return a.admin("PATCH", path, `{"name":"`+<-turn+`"}`) }) {
			if x.status != 200 && x.code() != "conflict" {
				a.Errorf("one of many changes: %d %s", x.status, x.text)
			}
		}
		gone := 0
		for _, x := range together(10, func() answer { return a.admin("DELETE", path, "") }) {
			switch {
			case x.status == 200:
				gone++
			case x.code() != "resource_not_found":
				a.Errorf("one of many deletions: %d %s", x.status, x.text)
			}
		}
		if x := a.admin("PATCH", path, `{"name":"x"}`); gone != 1 || x.status != 404 {
			a.Errorf("%d deletions won, and a change after them answers %d", gone, x.status)
		}
	},
	"AD09": func(a *attack) {
		c := a.app
		for range 3 {
			x := a.admin("POST", a.application("/rotate_secret"), "null")
			secret, _ := x.body["client_secret"].(string)
			a.issued(secret)
			if secret == c.Secret || len(secret) != 32 {
				a.Errorf("the new secret is %d characters long", len(secret))
			}
			next := c
			next.Secret = secret
			a.want("the new secret", a.as(next, "/oauth/token_info", "token", "x"), 200, "")
			a.want("the secret before", a.as(c, "/oauth/token_info", "token", "x"), 401, "invalid_client")
			c = next
		}
	},
	"AD10": func(a *attack) {
		many, _ := json.Marshal(strings.Split(strings.Repeat("a://b,", 9999)+"a://b", ","))
		for body, code := range map[string]string{
			`{"name":"` + strings.Repeat("x", 257) + `"}`:                 "form_param_max_length_exceeded",
			`{"name":"x","redirect_uris":` + string(many) + `}`:           "form_param_array_size_exceeded",
			`{"name":"x","scopes":"` + strings.Repeat("a ", 600) + `"}`:   "form_param_max_length_exceeded",
			`{"name":"x","callback_url":"https://` + long(1100) + `/cb"}`: "form_param_format_invalid",
		} {
			a.refused(body[:20], a.admin("POST", "/v1/oauth_applications", body), 422, code)
		}
		for body, code := range map[string]string{
			`{"public_metadata":{"a":"` + long(8200) + `"}}`:  "form_param_exceeds_allowed_size",
			`{"unsafe_metadata":{"a":"` + long(8200) + `"}}`:  "form_param_exceeds_allowed_size",
			`{"private_metadata":{"a":"` + long(8200) + `"}}`: "form_param_exceeds_allowed_size",
		} {
			a.refused(body[:20], a.admin("PATCH", "/v1/users/"+a.User+"/metadata", body), 422, code)
		}
		a.refused("a long name", a.admin("PATCH", "/v1/users/"+a.User, `{"first_name":"`+long(300)+`"}`), 422, "form_param_max_length_exceeded")
		a.refused("ten megabytes", a.admin("POST", "/v1/users", `{"username":"`+long(10<<20)+`"}`), 413, "request_body_too_large")
		body, kind := upload(make([]byte, 11<<20))
		a.refused("a large picture", a.do("PUT", a.application("/logo"), secretKey, kind, body), 413, "image_too_large")
		body, kind = upload([]byte("<svg onload=alert(1)>"))
		a.refused("no picture", a.do("PUT", a.application("/logo"), secretKey, kind, body), 400, "request_body_invalid")
	},
	"AD11": func(a *attack) {
		a.signIn()
		r, err := http.NewRequestWithContext(a.Context(), "POST", a.Issuer+"/v1/users/"+a.User+"/ban", strings.NewReader("{}"))
		if err != nil {
			a.Fatal(err)
		}
		for _, cookie := range a.someone.Cookies() {
			r.AddCookie(cookie)
		}
		r.Header.Set("Origin", a.Issuer)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			a.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 401 || len(a.someone.Cookies()) == 0 {
			a.Errorf("a signed-in browser is answered with %d", response.StatusCode)
		}
		for _, method := range []string{"OPTIONS", "GET"} {
			x := a.do(method, "/v1/users", secretKey, "", "")
			for name := range x.header {
				if strings.HasPrefix(name, "Access-Control-") {
					a.Errorf("%s has %s", method, name)
				}
			}
		}
	},
	"AD14": func(a *attack) {
		made := a.API(a, "POST", "/v1/secret_keys", map[string]any{"name": "next"})
		next, _ := made["secret_key"].(string)
		a.issued(next)
		for _, key := range []string{next, harness.SecretKey} {
			if x := a.do("GET", "/v1/whoami", "Bearer "+key, "", ""); x.status != 200 {
				a.Errorf("one of two keys: %d", x.status)
			}
		}
		a.API(a, "DELETE", "/v1/secret_keys/"+made["id"].(string), nil)
		a.refused("the removed key", a.do("GET", "/v1/users", "Bearer "+next, "", ""), 401, "clerk_key_invalid")
		if x := a.admin("GET", "/v1/users", ""); x.status != 200 {
			a.Errorf("the key that stays: %d", x.status)
		}
	},
	"AD15": func(a *attack) {
		// There is one instance to a Signet, so that no list can show another's; what
		// lists must not mix is what belongs to different users and applications.
		a.signIn()
		stranger := a.CreateUser(a, map[string]any{"email_address": []string{"grace@example.com"}, "username": "grace"})
		for _, path := range []string{
			"/v1/users/" + stranger + "/connections", "/v1/oauth_applications/" + a.other.Application + "/connections", "/v1/sessions?user_id=" + stranger, "/v1/users?email_address=nobody@example.com",
			"/v1/users?user_id=" + stranger, "/v1/oauth_applications?name_query=" + a.other.ID,
		} {
			if x := a.admin("GET", path, ""); x.status != 200 || strings.Contains(x.text, a.User) || strings.Contains(x.text, a.app.ID) {
				a.Errorf("%s: %d %s", path, x.status, x.text)
			}
		}
		for path, want := range map[string]float64{"/v1/users/count": 2, "/v1/users/count?username=grace": 1, "/v1/users/count?query=grace": 1, "/v1/users/count?banned=true": 0, "/v1/users/count?user_id=-" + stranger: 1} {
			if x := a.admin("GET", path, ""); x.body["total_count"] != want {
				a.Errorf("%s: %s, want %v", path, x.text, want)
			}
		}
	},
	"AD13": func(a *attack) {
		// What is sent to webhooks is made of the same objects.
		access, _ := a.grant()
		a.refresh(a.app, "ort_"+access[4:]) // a refusal that is remembered
		made := a.API(a, "POST", "/v1/secret_keys", map[string]any{"name": "next"})
		a.issued(made["secret_key"].(string))
		for path, methods := range a.operations() {
			if !slices.Contains(methods, "GET") {
				continue
			}
			path = strings.ReplaceAll(path, "{client_id}", a.app.ID)
			for _, id := range []string{a.app.Application, a.User} {
				x := a.admin("GET", strings.NewReplacer("{id}", id, "{user_id}", a.User, "{name}", "x").Replace(path)+"?user_id="+a.User, "")
				for _, secret := range append(a.secrets, harness.SecretKey, harness.Password, "argon2") {
					if strings.Contains(x.text, secret) {
						a.Errorf("%s shows %.12s...", path, secret)
					}
				}
			}
		}
	},
}
