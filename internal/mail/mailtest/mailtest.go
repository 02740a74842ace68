// Package mailtest is a mail server for tests. It takes mail for everybody and
// keeps it in memory.
package mailtest

import (
	"bytes"
	"crypto/x509"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// patience is how long a test waits for mail.
const patience = 20 * time.Second

// A Mail is what arrived.
type Mail struct {
	From, To string // of the envelope
	User     string // who sent it, if the server asked
	Header   mail.Header
	Subject  string
	Text     string
	HTML     string
}

var (
	digits = regexp.MustCompile(`\b\d{6}\b`)
	links  = regexp.MustCompile(`https?://\S+`)
)

// Code is the code in the mail, or "".
func (m Mail) Code() string { return digits.FindString(m.Text) }

// Link is the first link in the mail, or "".
func (m Mail) Link() string { return links.FindString(m.Text) }

// A Server takes mail until the test is over.
type Server struct {
	Host    string
	Port    int
	Roots   *x509.CertPool // of the certificate that STARTTLS shows
	arrived chan struct{}

	mu     sync.Mutex
	mails  []Mail
	refuse error
	strict int // the code that every recipient is refused with
}

// Password is that of every user.
const Password = "letters please"

// Serve starts a server on the loopback interface.
func Serve(t testing.TB) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	s := &Server{Host: address.IP.String(), Port: address.Port, arrived: make(chan struct{}, 1000)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	server.Domain = "localhost"
	server.EnableSMTPUTF8 = true
	certified := httptest.NewTLSServer(nil) // has a certificate for 127.0.0.1
	certified.Close()
	server.TLSConfig = certified.TLS
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(certified.Certificate())
	go server.Serve(l) // ends with Close, which is no failure
	t.Cleanup(func() { server.Close() })
	return s
}

// Refuse has the server answer every mail with this code, such as 451; 0 takes
// them again.
func (s *Server) Refuse(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse = nil; code != 0 {
		s.refuse = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 3, 0}, Message: "no"}
	}
}

// RefuseRecipients has the server refuse every recipient by name with this code; 0
// takes them again.
func (s *Server) RefuseRecipients(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strict = code
}

// Mails are all that arrived.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Take waits for mail to somebody and takes the oldest.
func (s *Server) Take(t testing.TB, to string) Mail {
	t.Helper()
	deadline := time.After(patience)
	for {
		if m, ok := s.take(to); ok {
			return m
		}
		select {
		case <-s.arrived:
		case <-deadline:
			t.Fatalf("no mail to %s has come, but %d others", to, len(s.Mails()))
		}
	}
}

func (s *Server) take(to string) (Mail, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range s.mails {
		if m.To == to {
			s.mails = append(s.mails[:i:i], s.mails[i+1:]...)
			return m, true
		}
	}
	return Mail{}, false
}

type session struct {
	server *Server
	got    Mail
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error { x.got.From = from; return nil }
func (x *session) Reset()                                      { x.got = Mail{User: x.got.User} }
func (x *session) Logout() error                               { return nil }
func (x *session) AuthMechanisms() []string                    { return []string{sasl.Plain} }

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	if code := x.server.strict; code != 0 {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 2, 1}, Message: "not now, <" + to + ">"}
	}
	x.got.To = to
	return nil
}

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != Password {
			return smtp.ErrAuthFailed
		}
		x.got.User = user
		return nil
	}), nil
}

func (x *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := x.got.read(text); err != nil {
		return err
	}
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.refuse
	}
	s.mails = append(s.mails, x.got)
	s.arrived <- struct{}{}
	return nil
}

// read takes a mail with a part in plain text and one in HTML apart.
func (m *Mail) read(text []byte) error {
	read, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return err
	}
	m.Header = read.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil {
		return err
	}
	_, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	parts := multipart.NewReader(read.Body, parameters["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			return err
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			m.HTML = string(body)
		} else {
			m.Text = strings.ReplaceAll(string(body), "\r\n", "\n")
		}
	}
}
