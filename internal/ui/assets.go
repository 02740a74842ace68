package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// An asset is a file that pages load. Its name holds a hash of what it says, so
// that browsers need never ask for it again.
type asset struct {
	path        string
	contentType string
	content     []byte
	gzipped     []byte // nil if that would gain nothing
}

const stylesheetType = "text/css; charset=utf-8"

var assets = map[string]asset{
	"signet.css":    loadAsset("signet.css", stylesheetType),
	"board.css":     loadAsset("board.css", stylesheetType),
	"reference.css": loadAsset("reference.css", stylesheetType),
	"signet.svg":    loadAsset("signet.svg", "image/svg+xml"),
	"passkey.js":    loadAsset("passkey.js", "text/javascript; charset=utf-8"),
}

func loadAsset(name, contentType string) asset {
	content, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	hash := sha256.Sum256(content)
	extension := path.Ext(name)
	return asset{
		path:        "/assets/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(hash[:8]) + extension,
		contentType: contentType,
		content:     content,
		gzipped:     gzipped(content),
	}
}

func gzipped(content []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	if b.Len() > len(content)*3/4 {
		return nil
	}
	return b.Bytes()
}

func assetPath(name string) string { return assets[name].path }

// Assets serves what the pages load, for the pattern "GET /assets/".
func Assets() http.Handler {
	byPath := make(map[string]asset, len(assets))
	for _, a := range assets {
		byPath[a.path] = a
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		a, ok := byPath[r.URL.Path]
		if !ok {
			a, ok = accentAsset(r.URL.Path)
		}
		if !ok {
			http.NotFound(w, r)
			return
		}
		h.Set("Content-Type", a.contentType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Security-Policy", "default-src 'none'")
		content := a.content
		if a.gzipped != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r) {
				h.Set("Content-Encoding", "gzip")
				content = a.gzipped
			}
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}

// accentAsset makes the stylesheet of the accent that a path names. It is as good for
// ever as the others: the path says all that is in it.
func accentAsset(path string) (asset, bool) {
	digits, isAccent := strings.CutPrefix(strings.TrimSuffix(path, ".css"), accentPath)
	accent, isColour := parseColour("#" + digits)
	if !isAccent || !isColour || path != accentPath+digits+".css" {
		return asset{}, false
	}
	return asset{path: path, contentType: stylesheetType, content: []byte(accentStyles(accent))}, true
}

func acceptsGzip(r *http.Request) bool {
	for _, x := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(x), ";")
		if name == "gzip" && strings.ReplaceAll(parameters, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
