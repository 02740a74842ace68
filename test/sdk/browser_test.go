package sdk

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"`)

// A browser is one without JavaScript, in which a user fills in forms.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, &http.Client{Jar: jar}}
}

func (b browser) read(response *http.Response, err error) string {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %s, %v\n%s", response.Request.URL.Path, response.Status, err, page)
	}
	return string(page)
}

// submit fills in the form of a page at an address that leads to action.
func (b browser) submit(at, page, action string, fields url.Values) string {
	b.t.Helper()
	_, form, ok := strings.Cut(page, `action="`+action+`"`)
	if !ok {
		b.t.Fatalf("there is no form for %s on\n%s", action, page)
	}
	form, _, _ = strings.Cut(form, "</form>")
	for _, field := range hiddenField.FindAllStringSubmatch(form, -1) {
		if !fields.Has(field[1]) { // a script fills some in
			fields.Set(field[1], field[2])
		}
	}
	to, err := url.Parse(at)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.read(b.client.PostForm(to.Scheme+"://"+to.Host+action, fields))
}

// signIn opens an address that asks for the password, and gives the page after it.
func signIn(t *testing.T, at, address string) (browser, string) {
	t.Helper()
	b := newBrowser(t)
	page := b.read(b.client.Get(at))
	return b, b.submit(at, page, "/sign-in", url.Values{"identifier": {address}, "password": {password}})
}
