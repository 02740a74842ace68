package flows

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/test/harness"
)

// askToAdd has somebody who is signed in ask for a code to add an address.
func (w *world) askToAdd(t *testing.T, someone *harness.Person, address string) harness.Page {
	t.Helper()
	return someone.Submit(someone.Visit(w.Issuer+"/account/profile"), "add-address", map[string]string{"identifier": address})
}

// addresses are those of a user, and whether each is verified.
func (w *world) addresses(t *testing.T, user string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	u := w.API(t, "GET", "/v1/users/"+user, nil)
	for _, e := range u["email_addresses"].([]any) {
		proof, _ := e.(map[string]any)["verification"].(map[string]any)
		all[e.(map[string]any)["email_address"].(string)] = proof["status"] == "verified"
	}
	return all
}

func TestAddingAnAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		someone := w.signedIn(t)
		page := w.askToAdd(t, someone, "nonsense")
		if page.Status != http.StatusUnprocessableEntity {
			t.Errorf("no address: %d\n%s", page.Status, page.Body)
		}
		page = w.askToAdd(t, someone, "Countess@Example.com")
		wantPage(t, page, "code")
		letter := w.Mail.Take(t, "Countess@Example.com")
		if len(w.addresses(t, w.User)) != 1 {
			t.Error("the address is kept before it is proved")
		}
		wantPage(t, someone.Submit(page, "sign-in", map[string]string{"code": "000000"}), "problem")
		wantPage(t, someone.Submit(page, "sign-in", map[string]string{"code": letter.Code()}), "notice")
		w.wrote(t, "An e-mail address was added") // at the address before
		if all := w.addresses(t, w.User); len(all) != 2 || !all["countess@example.com"] && !all["Countess@Example.com"] {
			t.Errorf("the addresses are %v", all)
		}
		wantPage(t, someone.Submit(page, "sign-in", map[string]string{"code": letter.Code()}), "problem") // used

		// It signs in from now on.
		again := harness.NewPerson(t, w.Issuer)
		page = again.Submit(again.Visit(w.Issuer+"/sign-in"), "sign-in", map[string]string{"identifier": "countess@example.com", "password": harness.Password})
		wantPage(t, page, "account")

		// A link adds one too, and only for who asked.
		w.Clock.Advance(60)
		wantPage(t, w.askToAdd(t, someone, "byron@example.com"), "code")
		link := w.Mail.Take(t, "byron@example.com").Link()
		device, eve := harness.NewPerson(t, w.Issuer), w.stranger(t)
		if got := eve.Visit(link); got.Status != http.StatusGone {
			t.Errorf("somebody else follows the link: %d\n%s", got.Status, got.Body)
		}
		ticket, _ := url.Parse(link)
		csrf := token(t, eve.Visit(w.Issuer+"/account/profile"), "save")
		if got := eve.Post("/account/addresses/link", url.Values{"csrf": {csrf}, "ticket": ticket.Query()["ticket"]}); got.Status != http.StatusGone {
			t.Errorf("somebody else sends its form: %d\n%s", got.Status, got.Body)
		}
		page = w.SignIn(t, device, device.Visit(link)) // where nobody is signed in
		if !strings.Contains(page.Body, "byron@example.com") {
			t.Errorf("after the sign-in the link leads to:\n%s", page.Body)
		}
		wantPage(t, again.Visit(link), "sign-in")
		wantPage(t, again.Submit(again.Visit(link), "sign-in", nil), "notice")
		w.wrote(t, "An e-mail address was added")
		if got := again.Visit(link); got.Status != http.StatusGone {
			t.Errorf("the link once more: %d", got.Status)
		}
		if all := w.addresses(t, w.User); len(all) != 3 || !all["byron@example.com"] {
			t.Errorf("the addresses are %v", all)
		}

		// One of one's own needs no letter: none has come when the next one has.
		wantPage(t, w.askToAdd(t, someone, "BYRON@example.com"), "addresses")

		// One that somebody has is not told apart, and its owner hears of it.
		page = w.askToAdd(t, someone, "eve@example.com")
		wantPage(t, page, "code")
		if letter := w.Mail.Take(t, "eve@example.com"); !strings.Contains(letter.Subject, "account") {
			t.Errorf("the owner is told %q", letter.Subject)
		}
		for _, m := range w.Mail.Mails() {
			if strings.EqualFold(m.To, "byron@example.com") {
				t.Errorf("a letter was sent for an address that the user has: %q", m.Subject)
			}
		}
		if len(w.addresses(t, w.User)) != 3 {
			t.Error("somebody else's address was added")
		}

		// One that somebody got while the letter was under way is refused.
		w.askToAdd(t, someone, "late@example.com")
		code := w.Mail.Take(t, "late@example.com").Code()
		w.CreateUser(t, map[string]any{"email_address": []string{"late@example.com"}})
		csrf = token(t, someone.Visit(w.Issuer+"/account/profile"), "save")
		late := someone.Post("/account/addresses/confirm", url.Values{"csrf": {csrf}, "identifier": {"late@example.com"}, "code": {code}})
		if late.Status != http.StatusUnprocessableEntity {
			t.Errorf("an address that was taken meanwhile: %d\n%s", late.Status, late.Body)
		}

		// It takes a fresh sign-in.
		w.Clock.Add(10 * time.Minute)
		wantPage(t, w.askToAdd(t, someone, "more@example.com"), "again")
	})
}

// Who has an address that is not proved gets to the proof from the profile.
func TestProvingAnAddressFromTheProfile(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		id, _ := w.API(t, "POST", "/v1/email_addresses", map[string]any{"user_id": w.User, "email_address": "new@example.com", "verified": false})["id"].(string)
		someone := w.signedIn(t)
		page := someone.Submit(someone.Visit(w.Issuer+"/account/profile"), "verify-"+id, nil)
		wantPage(t, page, "code")
		someone.Submit(page, "sign-in", map[string]string{"code": w.Mail.Take(t, "new@example.com").Code()})
		if all := w.addresses(t, w.User); !all["new@example.com"] {
			t.Errorf("the addresses are %v", all)
		}
	})
}
