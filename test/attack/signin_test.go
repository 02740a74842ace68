package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/internal/config"
	"github.com/signet-auth/signet/test/harness"
)

// guesses is how many passwords are looked at for one identifier and one network.
const guesses = 10

// guess tries a password on the page for that, and gives what came.
func (a *attack) guess(p *harness.Person, identifier, password string) harness.Page {
	a.Helper()
	return p.Submit(p.Visit(a.Issuer+"/sign-in"), "sign-in", map[string]string{"identifier": identifier, "password": password})
}

// in and out say whether somebody has got in.
func (a *attack) in(what string, p harness.Page) {
	a.Helper()
	if p.Status != http.StatusOK || !strings.Contains(p.Body, `id="sign-out"`) {
		a.Errorf("%s: status %d, want somebody signed in\n%s", what, p.Status, p.Body)
	}
}

func (a *attack) out(what string, p harness.Page, status int) {
	a.Helper()
	if p.Status != status || strings.Contains(p.Body, `id="sign-out"`) {
		a.Errorf("%s: status %d, want %d", what, p.Status, status)
	}
	if status == http.StatusTooManyRequests && p.Header.Get("Retry-After") == "" {
		a.Errorf("%s: there is no Retry-After", what)
	}
}

// exhaust guesses until no more guesses are looked at.
func (a *attack) exhaust(p *harness.Person, identifiers ...string) {
	a.Helper()
	for i := range guesses {
		a.out("a wrong password", a.guess(p, identifiers[i%len(identifiers)], "wrong"), http.StatusUnprocessableEntity)
	}
	a.out("one guess too many", a.guess(p, identifiers[0], "wrong"), http.StatusTooManyRequests)
}

// forged sends a form as another site would have a browser send it.
func (a *attack) forged(path string, headers map[string]string) int {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), "POST", a.Issuer+path, strings.NewReader("identifier="+url.QueryEscape(harness.Email)+"&password=x&decision=allow"))
	if err != nil {
		a.Fatal(err)
	}
	r.Header.Set("Content-Type", formType)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	for _, c := range a.someone.Cookies() {
		r.AddCookie(c)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func (a *attack) forgeries(paths ...string) {
	a.Helper()
	for _, path := range paths {
		for _, headers := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-origin"}, {}} {
			if got := a.forged(path, headers); got != http.StatusForbidden {
				a.Errorf("%s with %v: status %d, want 403", path, headers, got)
			}
		}
	}
}

var signingIn = map[string]func(*attack){
	"SE01": func(a *attack) {
		a.someone.Visit(a.Issuer + "/sign-in")
		a.forgeries("/sign-in", "/sign-in/send-code", "/sign-in/code", "/sign-in/link", "/sign-up/send-code", "/sign-up/join", "/forgot-password", "/reset-password", "/verify-address/link")
	},
	"SE02": func(a *attack) {
		a.SignIn(a, a.someone, a.visit())
		for _, headers := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}} {
			if got := a.forged("/consent", headers); got != http.StatusForbidden {
				a.Errorf("agreeing with %v: status %d, want 403", headers, got)
			}
		}
		page := a.visit()
		a.out("agreeing without a token", a.someone.Submit(page, "allow", map[string]string{"csrf": ""}), http.StatusForbidden)
		other := harness.NewPerson(a, a.Issuer)
		a.SignIn(a, other, other.Visit(a.link()))
		foreign := other.Visit(a.link())
		_, _, fields, err := harness.Form(foreign.Body, "allow")
		if err != nil {
			a.Fatal(err)
		}
		again := a.someone.Submit(page, "allow", map[string]string{"csrf": fields.Get("csrf")})
		if again.Left != nil || !strings.Contains(again.Body, `id="allow"`) {
			a.Errorf("agreeing with another browser's token: status %d, sent to %v, want to be asked again", again.Status, again.Left)
		}
	},
	"SE03": func(a *attack) {
		planted := strings.Repeat("A", 43)
		r, _ := http.NewRequest("GET", a.Issuer+"/", nil)
		r.AddCookie(&http.Cookie{Name: "signet_session", Value: planted})
		a.SignIn(a, a.someone, a.visit())
		for _, c := range a.someone.Cookies() {
			if c.Value == planted {
				a.Error("the planted id was taken over")
			}
		}
		before := fmt.Sprint(a.someone.Cookies())
		a.SignIn(a, a.someone, a.someone.Visit(a.link("prompt", "login")))
		if fmt.Sprint(a.someone.Cookies()) == before {
			a.Error("signing in again leaves the session as it was")
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			a.Fatal(err)
		}
		defer response.Body.Close()
		if len(response.Cookies()) > 0 && response.Cookies()[0].Name == "signet_session" {
			a.Error("the planted session was renewed")
		}
	},
	"SE04": func(a *attack) {
		known := harness.NewPersonAt(a, a.Issuer, "127.0.0.2")
		a.in("before", a.guess(known, harness.Email, harness.Password))
		a.exhaust(a.someone, harness.Email)
		a.out("the right password", a.guess(a.someone, harness.Email, harness.Password), http.StatusTooManyRequests)
		a.in("from another network", a.guess(harness.NewPersonAt(a, a.Issuer, "127.0.0.3"), harness.Email, harness.Password))
		for i := range 9 { // strangers from many networks use up what all strangers have together
			stranger := harness.NewPersonAt(a, a.Issuer, fmt.Sprintf("127.0.1.%d", i+1))
			for range guesses {
				a.out("a stranger", a.guess(stranger, harness.Email, "wrong"), http.StatusUnprocessableEntity)
			}
		}
		last := harness.NewPersonAt(a, a.Issuer, "127.0.1.100")
		a.out("a stranger too many", a.guess(last, harness.Email, harness.Password), http.StatusTooManyRequests)
		known.Submit(known.Visit(a.Issuer+"/sign-out"), "sign-out", nil)
		a.in("the device that has signed in before", a.guess(known, harness.Email, harness.Password))
		a.Clock.Add(10 * time.Minute)
		a.in("afterwards", a.guess(a.someone, harness.Email, harness.Password))
	},
	"SE06": func(a *attack) {
		a.exhaust(a.someone, harness.Email, strings.ToUpper(harness.Email), " "+harness.Email+" ")
		a.exhaust(a.someone, "nobody@example.com", "NOBODY@example.com", "nobody@example.com\t")
		a.exhaust(a.someone, "ada_byron", "ADA_Byron") // that it is the same account's shows in nothing (SE08)
		for i := range 8 {                             // and both count for it
			a.exhaust(harness.NewPersonAt(a, a.Issuer, fmt.Sprintf("127.0.1.%d", i+1)), []string{harness.Email, "ada_byron"}[i%2])
		}
		last := harness.NewPersonAt(a, a.Issuer, "127.0.1.100")
		for _, identifier := range []string{harness.Email, "ada_byron"} {
			a.out("a guess too many", a.guess(last, identifier, harness.Password), http.StatusTooManyRequests)
		}
	},
	"SE07": func(a *attack) {
		page := a.someone.Visit(a.Issuer + "/sign-in")
		var looked, refused atomic.Int32
		var all sync.WaitGroup
		for range 60 {
			all.Go(func() {
				p, err := a.someone.TrySubmit(page, "sign-in", map[string]string{"identifier": harness.Email, "password": "wrong"})
				switch {
				case err != nil:
					a.Error(err)
				case p.Status == http.StatusUnprocessableEntity:
					looked.Add(1)
				case p.Status == http.StatusTooManyRequests:
					refused.Add(1)
				default:
					a.Errorf("a guess: status %d", p.Status)
				}
			})
		}
		all.Wait()
		if looked.Load() != guesses || refused.Load() != 60-guesses {
			a.Errorf("%d guesses were looked at and %d refused, want %d and %d", looked.Load(), refused.Load(), guesses, 60-guesses)
		}
	},
	"SE09": func(a *attack) {
		long := strings.Repeat("é", 36) // 72 bytes, which is where bcrypt would stop
		x := a.API(a, "POST", "/v1/users", map[string]any{"email_address": []string{"long@example.com"}, "password": long + "right"})
		if x["id"] == nil {
			a.Fatal(x)
		}
		a.out("what differs behind 72 bytes", a.guess(a.someone, "long@example.com", long+"wrong"), http.StatusUnprocessableEntity)
		a.out("a megabyte", a.guess(a.someone, harness.Email, strings.Repeat("x", 1<<20)), http.StatusBadRequest)
		a.out("more than a kibibyte", a.guess(a.someone, harness.Email, strings.Repeat("x", 1025)), http.StatusUnprocessableEntity)
		a.out("NUL", a.guess(a.someone, harness.Email, harness.Password+"\x00"), http.StatusBadRequest)
		a.in("all of it", a.guess(a.someone, "long@example.com", long+"right"))
	},
	"SE13": func(a *attack) {
		elsewhere := harness.NewPerson(a, a.Issuer)
		a.in("one browser", a.guess(a.someone, harness.Email, harness.Password))
		a.in("another", a.guess(elsewhere, harness.Email, harness.Password))
		asked := a.someone.Submit(a.someone.Visit(a.Issuer+"/forgot-password"), "send-code", map[string]string{"identifier": harness.Email})
		code := a.Mail.Take(a, harness.Email).Code()
		changed := a.someone.Submit(asked, "change-password", map[string]string{"identifier": harness.Email, "code": code, "password": "tidal lantern meadow"})
		a.in("who has changed the password", changed)
		a.out("the other browser", elsewhere.Visit(a.Issuer+"/"), http.StatusOK)
		a.out("the old password", a.guess(elsewhere, harness.Email, harness.Password), http.StatusUnprocessableEntity)
		if m := a.Mail.Take(a, harness.Email); !strings.Contains(m.Subject, "changed") {
			a.Errorf("the user was told %q", m.Subject)
		}
		a.API(a, "POST", "/v1/users/"+a.User+"/ban", nil)
		a.out("after a ban", a.someone.Visit(a.Issuer+"/"), http.StatusOK)
	},
	"SE15": func(a *attack) {
		for _, to := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", "%2f%2fevil.example"} {
			query := url.Values{}
			for _, name := range []string{"return_to", "redirect_url", "redirect", "next", "back", "after_sign_in_url"} {
				query.Set(name, to)
			}
			p := harness.NewPerson(a, a.Issuer)
			page := p.Visit(a.Issuer + "/sign-in?" + query.Encode())
			if strings.Contains(page.Body, `action="http`) || strings.Contains(page.Body, "action=\"//") {
				a.Errorf("the form leads away\n%s", page.Body)
			}
			a.in(to, p.Submit(page, "sign-in", map[string]string{"identifier": harness.Email, "password": harness.Password, "return_to": to, "redirect_url": to}))
		}
		forged := a.someone.Visit(a.Issuer + "/sign-in?continue=" + url.QueryEscape("https://evil.example"))
		a.out("a continuation that was made up", forged, http.StatusBadRequest)
	},
	"SE17": func(a *attack) {
		if x, err := a.Try("PATCH", "/v1/instance", map[string]any{"signet": map[string]any{"sign_up": "open"}}); err != nil || x.Status != 204 {
			a.Fatal(x, err)
		}
		fields := map[string]string{"address": "victim@example.com", "password": "tidal lantern meadow", "verified": "true", "email_verified": "true", "code": "000000"}
		asked := a.someone.Submit(a.someone.Visit(a.Issuer+"/sign-up"), "sign-up", fields)
		right := a.Mail.Take(a, "victim@example.com").Code()
		if right == "000000" {
			fields["code"] = "000001"
		}
		for range 5 {
			a.out("a code that was guessed", a.someone.Submit(asked, "sign-up", fields), http.StatusUnprocessableEntity)
		}
		fields["code"] = right
		a.out("the right code too late", a.someone.Submit(asked, "sign-up", fields), http.StatusUnprocessableEntity)
		x, err := a.Try("GET", "/v1/users?email_address=victim@example.com", nil)
		if err != nil || strings.Contains(x.Body, "victim") {
			a.Errorf("there is an account of it: %s, %v", x.Body, err)
		}
	},
	"SE20": func(a *attack) {
		for _, name := range []string{"admin", "administrator", "root", "signet", "demo@example.com", "admin@example.com"} {
			for _, password := range []string{"admin", "password", "signet", "changeme", "welcome to signet"} {
				a.out(name+":"+password, a.guess(harness.NewPersonAt(a, a.Issuer, "127.0.0.2"), name, password), http.StatusUnprocessableEntity)
			}
		}
		for _, key := range []string{"", "sk_test", "sk_test_signet", "admin"} {
			if x := a.do("GET", "/v1/users", "Bearer "+key, "", ""); x.status != 401 {
				a.Errorf("the key %q: status %d", key, x.status)
			}
		}
	},
}

// worldBehind is another Signet, behind a proxy that has the address of the loopback
// interface.
func (a *attack) worldBehind() harness.World {
	a.Helper()
	return harness.NewWorld(a.T, a.TempDir()+"/behind.db", func(c *config.Config) { c.TrustedProxies = "127.0.0.1" })
}

// forwarding says in every request where it comes from.
type forwarding struct{ addresses func() string }

// RoundTrip implements http.RoundTripper.
func (f forwarding) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.addresses())
	r.Header.Set("X-Real-Ip", "203.0.113.99")
	r.Header.Set("Forwarded", "for=203.0.113.99")
	return http.DefaultTransport.RoundTrip(r)
}

var proxied = map[string]func(*attack){
	"PX01": func(a *attack) {
		evil := func(path string) string {
			r, err := http.NewRequestWithContext(a.Context(), "GET", a.Issuer+path, nil)
			if err != nil {
				a.Fatal(err)
			}
			r.Host = "evil.example"
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Header.Set("Forwarded", "host=evil.example;proto=https")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				a.Fatal(err)
			}
			defer response.Body.Close()
			var b strings.Builder
			if err := response.Write(&b); err != nil {
				a.Fatal(err)
			}
			return b.String()
		}
		for _, path := range []string{"/.well-known/openid-configuration", "/sign-in", "/sign-up", "/forgot-password"} {
			if got := evil(path); strings.Contains(got, "evil.example") || strings.Contains(got, "Secure") {
				a.Errorf("%s believes the request:\n%s", path, got)
			}
		}
		p := harness.NewPersonOver(a, a.Issuer, hostile{})
		p.Submit(p.Visit(a.Issuer+"/forgot-password"), "send-code", map[string]string{"identifier": harness.Email})
		m := a.Mail.Take(a, harness.Email)
		if !strings.HasPrefix(m.Link(), a.Issuer+"/") || strings.Contains(m.Text+m.HTML, "evil.example") {
			a.Errorf("the letter leads to %s\n%s", m.Link(), m.Text)
		}
	},
	"PX02": func(a *attack) {
		n := 0
		spoofed := forwarding{func() string { n++; return fmt.Sprintf("198.51.100.%d", n%250) }}
		a.exhaust(harness.NewPersonOver(a, a.Issuer, spoofed), harness.Email)

		behind := a.worldBehind()
		b := &attack{T: a.T, World: behind}
		prefixed := forwarding{func() string { n++; return fmt.Sprintf("198.51.100.%d, 203.0.113.5", n%250) }}
		b.exhaust(harness.NewPersonOver(a, b.Issuer, prefixed), harness.Email)
		other := forwarding{func() string { return "203.0.113.5, 203.0.113.6" }}
		b.in("from another network", b.guess(harness.NewPersonOver(a, b.Issuer, other), harness.Email, harness.Password))
	},
}

// hostile sends requests that claim to be for another host.
type hostile struct{}

// RoundTrip implements http.RoundTripper.
func (hostile) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("Forwarded", "host=evil.example")
	return http.DefaultTransport.RoundTrip(r)
}
