package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A Person uses a browser without JavaScript: it keeps cookies, follows
// redirects within Signet and stops at those to clients.
type Person struct {
	t      testing.TB
	client *http.Client
	issuer string
}

// NewPerson is somebody with an empty browser.
func NewPerson(t testing.TB, issuer string) *Person {
	t.Helper()
	return NewPersonOver(t, issuer, http.DefaultTransport)
}

// NewPersonOver is NewPerson for one whose browser trusts other certificates.
func NewPersonOver(t testing.TB, issuer string, transport http.RoundTripper) *Person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Person{t: t, issuer: issuer, client: &http.Client{
		Timeout:   Patience,
		Transport: transport,
		Jar:       jar,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if !strings.HasPrefix(r.URL.String(), issuer+"/") {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

// A Page is what the person sees: HTML, or the address of a client that the
// browser was sent to.
type Page struct {
	Status int
	Header http.Header
	Body   string
	Left   *url.URL   // where the browser was sent, if that is not Signet
	Posted url.Values // what it would have sent there, if by a form
}

// Visit follows a link.
func (p *Person) Visit(address string) Page {
	p.t.Helper()
	got, err := p.Try(address)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

// Try is Visit for when there may be no answer. Other goroutines than that of
// the test may call it.
func (p *Person) Try(address string) (Page, error) {
	return read(p.client.Get(address))
}

// TrySignIn signs in with the password Password, on the page for that. Other
// goroutines than that of the test may call it.
func (p *Person) TrySignIn(identifier string) (Page, error) {
	page, err := p.Try(p.issuer + "/sign-in")
	if err != nil || page.Status != http.StatusOK {
		return page, err
	}
	return p.TrySubmit(page, "sign-in", map[string]string{"identifier": identifier, "password": Password})
}

// NewPersonAt is NewPerson for one in another network: an address of the loopback
// interface, such as 127.0.0.2.
func NewPersonAt(t testing.TB, issuer, address string) *Person {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext
	t.Cleanup(transport.CloseIdleConnections)
	return NewPersonOver(t, issuer, transport)
}

// Cookies are what the browser keeps for Signet.
func (p *Person) Cookies() []*http.Cookie {
	p.t.Helper()
	address, err := url.Parse(p.issuer)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.client.Jar.Cookies(address)
}

func read(response *http.Response, err error) (Page, error) {
	if err != nil {
		return Page{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Page{}, err
	}
	got := Page{Status: response.StatusCode, Header: response.Header, Body: string(body)}
	if location := response.Header.Get("Location"); location != "" {
		got.Left, err = url.Parse(location)
	}
	return got, err
}

// Submit sends the form that holds the element with the given id, by pressing
// that element, with the fields filled in.
func (p *Person) Submit(from Page, id string, fill map[string]string) Page {
	p.t.Helper()
	got, err := p.TrySubmit(from, id, fill)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

// TrySubmit is Submit for when there may be no answer. Other goroutines than
// that of the test may call it.
func (p *Person) TrySubmit(from Page, id string, fill map[string]string) (Page, error) {
	method, action, fields, err := Form(from.Body, id)
	if err != nil {
		return Page{}, fmt.Errorf("a page of status %d: %w", from.Status, err)
	}
	for name, value := range fill {
		fields.Set(name, value)
	}
	if !strings.HasPrefix(action, "/") {
		left, err := url.Parse(action)
		return Page{Status: from.Status, Header: from.Header, Left: left, Posted: fields}, err
	}
	if method == "get" {
		return p.Try(p.issuer + action + "?" + fields.Encode())
	}
	request, err := http.NewRequest("POST", p.issuer+action, strings.NewReader(fields.Encode()))
	if err != nil {
		return Page{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", p.issuer)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return read(p.client.Do(request))
}

// Post sends a form that no page has shown, as a page of Signet would.
func (p *Person) Post(path string, fields url.Values) Page {
	p.t.Helper()
	return p.send(path, "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()))
}

// PostFrom sends an encoded form as a page of another origin would.
func (p *Person) PostFrom(origin, path, encoded string) Page {
	p.t.Helper()
	return p.sendFrom(origin, path, "application/x-www-form-urlencoded", strings.NewReader(encoded))
}

// Fetch reads as a script on a page of another origin would.
func (p *Person) Fetch(origin, path string) Page {
	p.t.Helper()
	request, err := http.NewRequest("GET", p.issuer+path, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Origin", origin)
	got, err := read(p.client.Do(request))
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

// Upload sends a file in the form that holds the element with the given id.
func (p *Person) Upload(from Page, id, name string, file []byte) Page {
	p.t.Helper()
	_, action, fields, err := Form(from.Body, id)
	if err != nil {
		p.t.Fatal(err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field := range fields {
		if err := w.WriteField(field, fields.Get(field)); err != nil {
			p.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(name, "file")
	if err == nil {
		_, err = part.Write(file)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		p.t.Fatal(err)
	}
	return p.send(action, w.FormDataContentType(), &body)
}

func (p *Person) send(path, contentType string, body io.Reader) Page {
	p.t.Helper()
	return p.sendFrom(p.issuer, path, contentType, body)
}

// sendFrom posts as a page of the origin would, if it is not "".
func (p *Person) sendFrom(origin, path, contentType string, body io.Reader) Page {
	p.t.Helper()
	request, err := http.NewRequest("POST", p.issuer+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	switch origin {
	case "":
	case p.issuer:
		request.Header.Set("Origin", origin)
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	default:
		request.Header.Set("Origin", origin)
		request.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	got, err := read(p.client.Do(request))
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

// Form finds the form around the element with the id: its action, its hidden
// fields, the choices that are marked, and the name and value of the element itself.
func Form(body, id string) (method, action string, fields url.Values, err error) {
	document, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return "", "", nil, err
	}
	pressed := find(document, func(n *html.Node) bool { return attribute(n, "id") == id })
	if pressed == nil {
		return "", "", nil, fmt.Errorf("there is no #%s on it:\n%s", id, body)
	}
	around := pressed
	for around != nil && around.Data != "form" {
		around = around.Parent
	}
	if around == nil {
		return "", "", nil, fmt.Errorf("#%s is in no form", id)
	}
	fields = url.Values{}
	find(around, func(n *html.Node) bool {
		kind := attribute(n, "type")
		if n.Data == "input" && (kind == "hidden" || kind == "radio" && has(n, "checked")) || n == pressed {
			if name := attribute(n, "name"); name != "" {
				fields.Set(name, attribute(n, "value"))
			}
		}
		return false
	})
	return attribute(around, "method"), attribute(around, "action"), fields, nil
}

func find(n *html.Node, match func(*html.Node) bool) *html.Node {
	if n.Type == html.ElementNode && match(n) {
		return n
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if found := find(child, match); found != nil {
			return found
		}
	}
	return nil
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// PostJSON sends JSON as a script on a page of Signet does.
func (p *Person) PostJSON(t testing.TB, path string, body any) (int, map[string]any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest("POST", p.issuer+path, bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Origin", p.issuer)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	got, err := read(p.client.Do(request))
	if err != nil {
		t.Fatal(err)
	}
	return got.Status, decode(t, Answer{got.Status, got.Body})
}
