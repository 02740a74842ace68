package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"time"
)

// answerTimeout bounds how long one answer may take.
const answerTimeout = 30 * time.Second

// A request is what is sent. The path has its query.
type request struct {
	method, path  string
	contentType   string
	authorization string
	cookie        string
	body          []byte
}

// A response is what came back. Its body is valid until the next request over
// the same connection.
type response struct {
	status   int
	location string
	body     []byte
}

// A conn is one keep-alive connection (RFC 9112) for one goroutine. It dials when
// it has to, and once more if the server has closed it between two requests.
type conn struct {
	base *url.URL
	c    net.Conn
	r    *bufio.Reader
	out  []byte
	body []byte
	used bool          // an answer has come over c
	took time.Duration // from sending the last request to the end of its answer
}

func newConn(base *url.URL) *conn { return &conn{base: base} }

func (c *conn) close() {
	if c.c != nil {
		c.c.Close()
		c.c = nil
	}
}

// do sends one request and reads the answer to its end.
func (c *conn) do(ctx context.Context, q request) (response, error) {
	c.write(q)
	for {
		if err := c.dial(ctx); err != nil {
			return response{}, err
		}
		began := time.Now()
		c.c.SetDeadline(began.Add(answerTimeout))
		_, err := c.c.Write(c.out)
		var answer response
		if err == nil {
			answer, err = c.read()
		}
		c.took = time.Since(began)
		if err == nil {
			c.used = true
			return answer, nil
		}
		stale := c.used && errors.Is(err, errNoAnswer)
		c.close()
		if !stale {
			return response{}, err
		}
	}
}

func (c *conn) dial(ctx context.Context) error {
	if c.c != nil {
		return nil
	}
	host, port := c.base.Hostname(), c.base.Port()
	if port == "" {
		port = c.base.Scheme
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	if c.base.Scheme == "https" {
		raw = tls.Client(raw, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	}
	c.c, c.r, c.used = raw, bufio.NewReaderSize(raw, 8<<10), false
	return nil
}

// write puts the request into c.out.
func (c *conn) write(q request) {
	b := c.out[:0]
	line := func(name, value string) {
		if value != "" {
			b = append(b, name...)
			b = append(b, value...)
			b = append(b, "\r\n"...)
		}
	}
	b = append(b, q.method...)
	b = append(b, ' ')
	b = append(b, q.path...)
	line(" HTTP/1.1\r\nHost: ", c.base.Host)
	line("Content-Type: ", q.contentType)
	line("Authorization: ", q.authorization)
	line("Cookie: ", q.cookie)
	if q.method == http.MethodPost {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(q.body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	c.out = append(b, q.body...)
}

// errNoAnswer means that the server closed the connection before it answered,
// which it may do between two requests (RFC 9112 §9.5).
var errNoAnswer = errors.New("the connection was closed without an answer")

func (c *conn) read() (response, error) {
	var answer response
	line, err := c.line()
	if err != nil {
		return answer, errNoAnswer
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return answer, fmt.Errorf("not an HTTP answer: %.40q", line)
	}
	if answer.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return answer, fmt.Errorf("not an HTTP status: %.40q", line)
	}
	length, chunked, last, err := c.header(&answer)
	if err != nil {
		return answer, err
	}
	c.body = c.body[:0]
	switch {
	case answer.status == http.StatusNoContent || answer.status == http.StatusNotModified:
	case chunked:
		err = c.readChunks()
	case length >= 0:
		err = c.readN(length)
	default: // to the end of the connection
		last = true
		var rest []byte
		rest, err = io.ReadAll(c.r)
		c.body = append(c.body, rest...)
	}
	answer.body = c.body
	if last {
		c.close()
	}
	return answer, err
}

// header reads the header lines. length is -1 if there is none; last means that
// the server closes the connection after this answer.
func (c *conn) header(answer *response) (length int, chunked, last bool, err error) {
	length = -1
	for {
		line, err := c.line()
		if err != nil {
			return 0, false, false, err
		}
		if len(line) == 0 {
			return length, chunked, last, nil
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch textproto.CanonicalMIMEHeaderKey(string(name)) {
		case "Content-Length":
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return 0, false, false, fmt.Errorf("not a length: %.40q", value)
			}
		case "Transfer-Encoding":
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case "Connection":
			last = bytes.EqualFold(value, []byte("close"))
		case "Location":
			answer.location = string(value)
		}
	}
}

func (c *conn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

func (c *conn) readN(n int) error {
	at := len(c.body)
	c.body = append(c.body, make([]byte, n)...)
	_, err := io.ReadFull(c.r, c.body[at:])
	return err
}

// readChunks reads a chunked body (RFC 9112 §7.1).
func (c *conn) readChunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return fmt.Errorf("not a chunk: %.40q", line)
		}
		if err := c.readN(int(n)); err != nil {
			return err
		}
		for end := n > 0; ; { // the line end after a chunk, or trailers up to an empty line
			line, err := c.line()
			if err != nil {
				return err
			}
			if end || len(line) == 0 {
				break
			}
		}
		if n == 0 {
			return nil
		}
	}
}
