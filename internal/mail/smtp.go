package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// A Security is how the connection to a mail server is encrypted.
type Security string

// The ways.
const (
	StartTLS Security = "starttls" // always, after a greeting in the clear
	TLS      Security = "tls"      // from the first byte
	NoTLS    Security = "none"     // never: for a server on the same machine
)

// SMTP says which server takes the mail.
type SMTP struct {
	Host           string
	Port           int
	User, Password string // or none
	From           mail.Address
	Security       Security
	Roots          *x509.CertPool // nil for the system's
	Now            func() time.Time
}

// A Post is a mail server.
type Post struct {
	s       SMTP
	options []gomail.Option
}

// NewPost makes the sender for a server. It connects to nothing yet.
func NewPost(s SMTP) (*Post, error) {
	o := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(sendTimeout)}
	switch s.Security {
	case StartTLS:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		o = append(o, gomail.WithSSL())
	case NoTLS:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("%q is no way to encrypt", s.Security)
	}
	if s.Roots != nil {
		o = append(o, gomail.WithTLSConfig(&tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}))
	}
	if s.User != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	if _, err := gomail.NewClient(s.Host, o...); err != nil {
		return nil, fmt.Errorf("setting up mail: %w", err)
	}
	return &Post{s, o}, nil
}

// Send implements Sender. Sending a message again uses the same Message-ID, so that
// mail programs can show it once.
func (p *Post) Send(ctx context.Context, m Message) error {
	letter, err := p.write(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPermanent, err)
	}
	client, err := gomail.NewClient(p.s.Host, p.options...)
	if err != nil {
		return err
	}
	return lasting(client.DialAndSendWithContext(ctx, letter))
}

func (p *Post) write(m Message) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(&p.s.From)
	if err := letter.To(m.To); err != nil {
		return nil, ErrAddress // the library's text has the address in it
	}
	_, domain, _ := strings.Cut(p.s.From.Address, "@")
	letter.SetMessageIDWithValue(m.ID + "@" + domain)
	letter.SetDateWithValue(p.s.Now())
	letter.Subject(m.Subject)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return letter, nil
}

// lasting marks refusals that sending again would not change. What the server and the
// library say of a refusal names the recipient, and is left out.
func lasting(err error) error {
	var refused *gomail.SendError
	if !errors.As(err, &refused) {
		return err
	}
	said := fmt.Errorf("%s: no answer", refused.Reason)
	if code := refused.ErrorCode(); code != 0 {
		said = fmt.Errorf("%s: the server answered %d", refused.Reason, code)
	}
	if !refused.IsTemp() && refused.ErrorCode() >= 500 {
		return fmt.Errorf("%w: %w", ErrPermanent, said)
	}
	return said
}
