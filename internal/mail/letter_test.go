package mail

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/signet-auth/signet/internal/lang"
)

var update = flag.Bool("update", false, "write the letters to testdata")

const link = "https://id.example.com/sign-in/link?token=abc&x=1"

func TestEveryLetterInEveryLanguage(t *testing.T) {
	for _, in := range lang.All() {
		tag := in.Tag()
		for _, kind := range Kinds {
			l := Letter{Kind: kind, To: "ada@example.com", Link: link, Language: in}
			if kind.HasCode() {
				l.Code = "493027"
			}
			m, err := Compose(l, "id.example.com")
			if err != nil {
				t.Fatal(err)
			}
			for part, text := range map[string]string{"subject": m.Subject, "text": m.Text, "HTML": m.HTML} {
				if strings.ContainsAny(text, "{}") || text == "" {
					t.Errorf("%s in %s: the %s has a gap: %s", kind, tag, part, text)
				}
				if l.Code != "" && !strings.Contains(text, l.Code) {
					t.Errorf("%s in %s: the %s lacks the code", kind, tag, part)
				}
			}
			if !strings.Contains(m.Text, "id.example.com") || !strings.Contains(m.Text, link) {
				t.Errorf("%s in %s lacks the site or the link:\n%s", kind, tag, m.Text)
			}
			if hrefs(t, m.HTML)[0] != link {
				t.Errorf("%s in %s leads to %v", kind, tag, hrefs(t, m.HTML))
			}
		}
	}
}

// hrefs are where the links of a letter lead.
func hrefs(t *testing.T, text string) (all []string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(text))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		for _, a := range token.Attr {
			if a.Key == "href" {
				all = append(all, a.Val)
			}
		}
	}
	return all
}

func TestLettersLookAsTheyDid(t *testing.T) {
	for _, kind := range Kinds {
		for _, tag := range []string{"en", "ar"} {
			l := Letter{Kind: kind, To: "ada@example.com", Link: link, Language: lang.Choose(tag)}
			if kind.HasCode() {
				l.Code = "493027"
			}
			m, err := Compose(l, "id.example.com")
			if err != nil {
				t.Fatal(err)
			}
			got := []byte("Subject: " + m.Subject + "\n\n" + m.Text + "\n" + m.HTML)
			path := filepath.Join("testdata", string(kind)+"_"+tag+".txt")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, got) {
				t.Errorf("%s (-want +got)\n%s", path, cmp.Diff(string(want), string(got)))
			}
		}
	}
}

// XS06, and CVE-2024-41953 elsewhere: nothing gets into a letter but what it is made of.
func TestHeadersCannotBeInjected(t *testing.T) {
	for _, to := range []string{
		"", "ada", "ada@example.com\r\nBcc: eve@example.com", "ada@example.com\nSubject: x", "ada@example.com, eve@example.com",
		"Eve <eve@example.com>", "<ada@example.com>", "ada@example.com\x00", "ada@example.com (eve)",
	} {
		if m, err := Compose(Letter{Kind: SignIn, To: to}, "id.example.com"); !errors.Is(err, ErrAddress) {
			t.Errorf("Compose to %q = %+v, %v; want ErrAddress", to, m, err)
		}
	}
	m, err := Compose(Letter{Kind: SignIn, To: "ada@example.com", Code: `"><script>`, Link: "javascript:alert(1)"}, "<b>.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, hostile := range []string{"<script", "<b>", `href="javascript:`} {
		if strings.Contains(m.HTML, hostile) {
			t.Errorf("the letter has %s:\n%s", hostile, m.HTML)
		}
	}
	if _, err := Compose(Letter{Kind: "gossip", To: "ada@example.com"}, "id.example.com"); err == nil {
		t.Error("a letter of no kind was written")
	}
}
