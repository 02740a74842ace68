package attack

import (
	"encoding/base64"
	"strings"
)

func forge(header, payload, signature string) string {
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return encode(header) + "." + encode(payload) + "." + encode(signature)
}

var tokensAndKeys = map[string]func(*attack){
	"MX01": func(a *attack) {
		a.signIn()
		if page := a.visit(); page.Left == nil || page.Left.Query().Get("iss") != a.Issuer {
			a.Errorf("sent to %v without iss", page.Left)
		}
		a.sent("an error", a.visit("scope", "admin"), "invalid_scope")
	},
	"MX02": func(a *attack) {
		for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
			if m := a.do("GET", path, "", "", ""); m.body["issuer"] != a.Issuer {
				a.Errorf("issuer is %v", m.body["issuer"])
			}
		}
	},
	"MX04": func(a *attack) {
		a.register(callback, "https://client.example/two")
		code := a.signIn()
		a.want("redeemed at another address", a.as(a.app, "/oauth/token", "grant_type", "authorization_code", "code", code, "redirect_uri", "https://client.example/two"), 400, "invalid_grant")
	},
	"JW01": func(a *attack) {
		for _, alg := range []string{"none", "None", "nOnE", ""} {
			token := forge(`{"alg":"`+alg+`","typ":"at+jwt"}`, `{"iss":"`+a.Issuer+`","sub":"`+a.User+`","exp":9999999999}`, "")
			a.want(alg, a.userInfo(token), 401, "invalid_token")
			if a.active(a.app, token) {
				a.Errorf("%s is active", alg)
			}
		}
	},
	"JW03": func(a *attack) {
		for _, kid := range []string{"../../dev/null", "' OR 1=1 --", strings.Repeat("k", 9000)} {
			a.want(kid[:6], a.userInfo(forge(`{"alg":"RS256","typ":"at+jwt","kid":"`+kid+`"}`, `{}`, "x")), 401, "invalid_token")
		}
	},
	"JW05": func(a *attack) {
		a.want("long", a.userInfo("a."+strings.Repeat("A", 40_000)+".b"), 401, "invalid_token")
		a.want("dots", a.userInfo(strings.Repeat(".", 3000)), 401, "invalid_token")
	},
	"JW09": func(a *attack) {
		set := a.do("GET", "/.well-known/jwks.json", "", "", "")
		for _, member := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"k"`} {
			if strings.Contains(set.text, member) {
				a.Errorf("the keys show %s", member)
			}
		}
	},
}

var resources = map[string]func(*attack){
	"RS01": func(a *attack) {
		x := a.do("GET", "/oauth/userinfo", "", "", "")
		a.want("none", x, 401, "")
		if strings.Contains(x.header.Get("WWW-Authenticate"), "error=") {
			a.Errorf("without a token the challenge is %s", x.header.Get("WWW-Authenticate"))
		}
		a.want("malformed", a.userInfo("x"), 401, "invalid_token")
	},
	"RS02": func(a *attack) {
		access, _ := a.grant()
		a.want("in the query", a.do("GET", "/oauth/userinfo?access_token="+access, "", "", ""), 400, "invalid_request")
	},
	"RS03": func(a *attack) {
		access, _ := a.grant()
		a.want("in two places", a.do("POST", "/oauth/userinfo", "Bearer "+access, formType, "access_token="+access), 400, "invalid_request")
	},
	"RS05": func(a *attack) {
		access, _ := a.grant()
		for _, scheme := range []string{"bearer ", "BEARER ", "Bearer   "} {
			a.want(scheme, a.do("GET", "/oauth/userinfo", scheme+access, "", ""), 200, "")
		}
		a.want("two tokens", a.do("GET", "/oauth/userinfo", "Bearer "+access+" x", "", ""), 400, "invalid_request")
	},
	"RS06": func(a *attack) {
		access, refresh := a.grant()
		if a.active(a.other, access) || a.active(a.other, refresh) {
			a.Error("a stranger learns of a token")
		}
		if !a.active(a.app, access) {
			a.Error("its own client does not")
		}
	},
	"RS07": func(a *attack) {
		access, _ := a.grant()
		a.want("nobody", a.do("POST", "/oauth/token_info", "", formType, "token="+access), 401, "invalid_client")
		a.want("a public client", a.as(a.spa, "/oauth/token_info", "token", access), 401, "invalid_client")
		a.want("a dead token", a.do("POST", "/oauth/token_info", "Bearer oat_x", formType, "token="+access), 401, "invalid_client")
	},
	"RS08": func(a *attack) {
		access, refresh := a.grant()
		a.as(a.app, "/oauth/token/revoke", "token", refresh)
		for _, token := range []string{access, refresh, "oat_x", "x", access[:20]} {
			if a.active(a.app, token) {
				a.Errorf("%.12s is active", token)
			}
		}
	},
	"RS09": func(a *attack) {
		access, _ := a.grant()
		a.API(a, "POST", "/v1/users/"+a.User+"/ban", nil)
		if a.active(a.app, access) {
			a.Error("the token of a banned user is active")
		}
	},
	"RS10": func(a *attack) {
		access, refresh := a.grant()
		for _, token := range []string{access, refresh} {
			a.want("a stranger revokes", a.as(a.other, "/oauth/token/revoke", "token", token), 200, "")
		}
		a.alive("revoked by a stranger", access)
	},
	"RS11": func(a *attack) {
		for _, fields := range [][]string{{"token", "x"}, {"token", "ort_x", "token_type_hint", "access_token"}, {"token", "oat_x", "token_type_hint", "nonsense"}} {
			if x := a.as(a.app, "/oauth/token/revoke", fields...); x.status != 200 || x.text != "" {
				a.Errorf("%v: %d %q", fields, x.status, x.text)
			}
		}
		a.want("none", a.as(a.app, "/oauth/token/revoke"), 400, "invalid_request")
	},
	"RS12": func(a *attack) {
		access, refresh := a.grant()
		a.as(a.app, "/oauth/token/revoke", "token", refresh)
		a.dead("its refresh token was revoked", access)
		access, refresh = a.grant()
		a.as(a.app, "/oauth/token/revoke", "token", access)
		a.want("its access token was revoked", a.refresh(a.app, refresh), 400, "invalid_grant")
	},
	"RS13": func(a *attack) {
		access, _ := a.grant()
		for _, bad := range []string{access[:len(access)-1], access + "=", access + "A", strings.ToLower(access)} {
			a.want("changed", a.userInfo(bad), 401, "invalid_token")
		}
	},
	"RS14": func(a *attack) {
		access, _ := a.grant()
		a.API(a, "DELETE", "/v1/users/"+a.User, nil)
		a.dead("of a deleted user", access)
	},
	"RS15": func(a *attack) {
		access, _ := a.grant()
		h := a.userInfo(access).header
		if h.Get("Content-Type") != "application/json" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			a.Errorf("headers are %v", h)
		}
	},
}

var logoutAttacks = map[string]func(*attack){
	"LO01": func(a *attack) {
		a.signIn()
		page := a.someone.Visit(a.Issuer + "/oauth/logout")
		if !strings.Contains(page.Body, `id="sign-out"`) {
			a.Errorf("not asked: %d", page.Status)
		}
		if again := a.visit(); again.Left == nil || again.Left.Query().Get("code") == "" {
			a.Error("signed out by a link on another page")
		}
	},
	"LO02": func(a *attack) {
		x := a.exchange(a.app, a.signIn("scope", "openid"))
		id, _ := x.body["id_token"].(string)
		parts := strings.Split(id, ".")
		for name, hint := range map[string]string{
			"none": forge(`{"alg":"none","typ":"JWT"}`, `{}`, ""), "no signature": parts[0] + "." + parts[1] + ".", "an access token": x.body["access_token"].(string),
		} {
			page := a.someone.Visit(a.Issuer + "/oauth/logout?post_logout_redirect_uri=https://client.example/bye&id_token_hint=" + hint)
			if page.Left != nil || !strings.Contains(page.Body, `id="sign-out"`) {
				a.Errorf("%s: %d, sent to %v", name, page.Status, page.Left)
			}
		}
	},
	"LO05": func(a *attack) {
		x := a.exchange(a.app, a.signIn("scope", "openid"))
		access, refresh := a.tokens(x)
		id, _ := x.body["id_token"].(string)
		if page := a.someone.Visit(a.Issuer + "/oauth/logout?post_logout_redirect_uri=https://client.example/bye&id_token_hint=" + id); page.Left == nil {
			a.Errorf("signing out: %d", page.Status)
		}
		a.alive("tokens outlive the browser's session, as documented", access)
		a.want("refresh tokens too", a.refresh(a.app, refresh), 200, "")
	},
	"RU24": func(a *attack) {
		x := a.exchange(a.app, a.signIn("scope", "openid"))
		id, _ := x.body["id_token"].(string)
		for _, target := range []string{"https://client.example/bye/", "https://client.example@evil.example/bye", "//evil.example", "javascript:alert(1)", "https://client.example/bye?x=1", "https://CLIENT.example/bye"} {
			page := a.someone.Visit(a.Issuer + "/oauth/logout?id_token_hint=" + id + "&post_logout_redirect_uri=" + target)
			if page.Left != nil || page.Status != 400 {
				a.Errorf("%s: %d, sent to %v", target, page.Status, page.Left)
			}
		}
	},
}
