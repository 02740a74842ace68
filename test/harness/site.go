package harness

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// What the Signets of tests and the people who use them have.
const (
	SecretKey = "sk_test_harness_0123456789abcdefghijklmn"
	Email     = "ada@example.com"
	Password  = "correct horse battery staple"
)

// Patience is how long a request may take before that is a failure of its own.
const Patience = 20 * time.Second

// A Site is a Signet that the world reaches at its issuer.
type Site struct{ Issuer string }

// An Application is what its owner was told at creation.
type Application struct {
	ID          string // client_id
	Secret      string
	Callback    string
	Application string // the id by which the Backend API knows it
}

// An Answer came back whole.
type Answer struct {
	Status int
	Body   string
}

// Text is a member of the JSON object that the answer is, or "".
func (a Answer) Text(name string) string {
	var members map[string]any
	if json.Unmarshal([]byte(a.Body), &members) != nil {
		return ""
	}
	text, _ := members[name].(string)
	return text
}

// Try calls the Backend API, which may answer or not.
func (s Site) Try(method, path string, body any) (Answer, error) {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return Answer{}, err
		}
	}
	request, err := http.NewRequest(method, s.Issuer+path, bytes.NewReader(encoded))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+SecretKey)
	request.Header.Set("Content-Type", "application/json")
	return send(patient, request)
}

var patient = &http.Client{Timeout: Patience}

func send(client *http.Client, request *http.Request) (Answer, error) {
	got, err := read(client.Do(request))
	return Answer{got.Status, got.Body}, err
}

// API calls the Backend API and wants success.
func (s Site) API(t testing.TB, method, path string, body any) map[string]any {
	t.Helper()
	answer, err := s.Try(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return decode(t, answer)
}

func decode(t testing.TB, answer Answer) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(answer.Body), &members); err != nil {
		t.Fatalf("%d %q: %v", answer.Status, answer.Body, err)
	}
	return members
}

// Get reads JSON, with an access token if there is one to send.
func (s Site) Get(t testing.TB, path, bearer string) (int, map[string]any) {
	t.Helper()
	answer, err := get(patient, s.Issuer+path, bearer)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status, decode(t, answer)
}

func get(client *http.Client, address, bearer string) (Answer, error) {
	request, err := http.NewRequest("GET", address, nil)
	if err != nil {
		return Answer{}, err
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	return send(client, request)
}

// CreateUser makes a user whose password is Password, and returns the id.
func (s Site) CreateUser(t testing.TB, fields map[string]any) string {
	t.Helper()
	fields["password"] = Password
	id, _ := s.API(t, "POST", "/v1/users", fields)["id"].(string)
	return id
}

// CreateApplication makes one.
func (s Site) CreateApplication(t testing.TB, fields map[string]any) Application {
	t.Helper()
	answer, err := s.TryCreateApplication(fields)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != http.StatusOK {
		t.Fatalf("creating an application: %d %s", answer.Status, answer.Body)
	}
	return answer.Application()
}

// OAuth2 is how a client written by others is set up for the application.
func (s Site) OAuth2(c Application) *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.ID, ClientSecret: c.Secret, RedirectURL: c.Callback,
		Endpoint: oauth2.Endpoint{AuthURL: s.Issuer + "/oauth/authorize", TokenURL: s.Issuer + "/oauth/token"},
	}
}

// SignIn fills in the sign-in page for the user with the address Email and
// returns what comes next.
func (s Site) SignIn(t testing.TB, someone *Person, from Page) Page {
	t.Helper()
	return someone.Submit(from, "sign-in", map[string]string{"identifier": "Ada@Example.com", "password": Password})
}

// SignInAndAllow follows a link of an application to the end and returns where
// the browser was sent.
func (s Site) SignInAndAllow(t testing.TB, someone *Person, link string) *url.URL {
	t.Helper()
	answer := someone.Submit(s.SignIn(t, someone, someone.Visit(link)), "allow", nil)
	if answer.Left == nil {
		t.Fatalf("after allowing: status %d\n%s", answer.Status, answer.Body)
	}
	return answer.Left
}

// Together runs n calls at once and gives their errors.
func Together(n int, call func() error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			errs[i] = call()
		})
	}
	close(start)
	wg.Wait()
	return errs
}
