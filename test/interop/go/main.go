// Command interop holds a log's static files to Go's own implementation of transparency logs, golang.org/x/mod/sumdb: the
// checkpoint opens with the note package, record and tree proofs are made from our tiles and checked by the tlog package,
// and proofs that we made are checked by it too. It shares no line with Tallystick.
//
//	interop FOLDER < request.json
//
// Prints one line of JSON that says how much was checked; exits 1 and says why when anything does not hold.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// request is what to check besides the files.
type request struct {
	// Keys are verifier keys; the note has to bear a signature of each.
	Keys []string
	// Origin is the first line of the checkpoint.
	Origin string
	// OldRoots are the roots of earlier checkpoints, by their size.
	OldRoots []struct {
		Size int64
		Root string
	}
	// Inclusion and Consistency are proofs that Tallystick made in the tree of the checkpoint.
	Inclusion []struct {
		Index    int64
		LeafHash string
		Proof    []string
	}
	Consistency []struct {
		OldSize int64
		OldRoot string
		Proof   []string
	}
}

type report struct {
	Size        int64 `json:"size"`
	Records     int   `json:"records"`
	Trees       int   `json:"trees"`
	Inclusion   int   `json:"inclusion"`
	Consistency int   `json:"consistency"`
}

func main() {
	report, err := check(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(report)
}

func check(folder string) (*report, error) {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return nil, err
	}
	tree, err := openCheckpoint(folder, asked)
	if err != nil {
		return nil, err
	}
	done := &report{Size: tree.N}
	hashes := tlog.TileHashReader(*tree, &tiles{folder: folder, size: tree.N})
	if err := checkRecords(folder, *tree, hashes, done); err != nil {
		return nil, err
	}
	for _, old := range asked.OldRoots {
		root, err := hashOf(old.Root)
		if err != nil {
			return nil, err
		}
		proof, err := tlog.ProveTree(tree.N, old.Size, hashes)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.Size, root); err != nil {
			return nil, fmt.Errorf("tree of %d leaves: %w", old.Size, err)
		}
		done.Trees++
	}
	return done, checkOurProofs(*tree, asked, done)
}

func openCheckpoint(folder string, asked request) (*tlog.Tree, error) {
	bytes, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return nil, err
	}
	var verifiers []note.Verifier
	for _, key := range asked.Keys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("verifier key: %w", err)
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(bytes, note.VerifierList(verifiers...))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if len(opened.Sigs) != len(asked.Keys) {
		return nil, fmt.Errorf("checkpoint: %d of %d keys signed", len(opened.Sigs), len(asked.Keys))
	}
	// The tree that tlog.ParseTree reads has the fixed origin of Go's own log; the two lines behind it are the same.
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != asked.Origin {
		return nil, fmt.Errorf("checkpoint: its origin is %q", origin)
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	return &tree, nil
}

// checkRecords proves every entry of every bundle.
func checkRecords(folder string, tree tlog.Tree, hashes tlog.HashReader, done *report) error {
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		width := tree.N - first
		if width > 1<<tileHeight {
			width = 1 << tileHeight
		}
		bundle, err := os.ReadFile(filepath.Join(folder, "tile", "entries", place(first>>tileHeight, int(width))))
		if err != nil {
			return err
		}
		for index := first; index < first+width; index++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("entry %d is cut", index)
			}
			length := int(binary.BigEndian.Uint16(bundle))
			entry := bundle[2 : 2+length]
			bundle = bundle[2+length:]
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("record %d: %w", index, err)
			}
			done.Records++
		}
		if len(bundle) > 0 {
			return errors.New("bytes behind the entries of a bundle")
		}
	}
	return nil
}

func checkOurProofs(tree tlog.Tree, asked request, done *report) error {
	for _, each := range asked.Inclusion {
		leaf, err := hashOf(each.LeafHash)
		if err != nil {
			return err
		}
		proof, err := hashesOf(each.Proof)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(tlog.RecordProof(proof), tree.N, tree.Hash, each.Index, leaf); err != nil {
			return fmt.Errorf("our inclusion proof of %d: %w", each.Index, err)
		}
		done.Inclusion++
	}
	for _, each := range asked.Consistency {
		root, err := hashOf(each.OldRoot)
		if err != nil {
			return err
		}
		proof, err := hashesOf(each.Proof)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(tlog.TreeProof(proof), tree.N, tree.Hash, each.OldSize, root); err != nil {
			return fmt.Errorf("our consistency proof from %d: %w", each.OldSize, err)
		}
		done.Consistency++
	}
	return nil
}

// tiles reads our files for tlog, which asks for tiles by their place.
type tiles struct {
	folder string
	size   int64
}

func (t *tiles) Height() int { return tileHeight }

func (t *tiles) ReadTiles(asked []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(asked))
	for i, tile := range asked {
		name := place(tile.N, tile.W)
		bytes, err := os.ReadFile(filepath.Join(t.folder, "tile", fmt.Sprint(tile.L), name))
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// place is <N>[.p/<W>] of c2sp.org/tlog-tiles: the path of Go's own tiles without height and level.
func place(index int64, width int) string {
	path := tlog.Tile{H: tileHeight, L: 0, N: index, W: width}.Path()
	return strings.TrimPrefix(path, fmt.Sprintf("tile/%d/0/", tileHeight))
}

func hashesOf(texts []string) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		hash, err := hashOf(text)
		if err != nil {
			return nil, err
		}
		hashes[i] = hash
	}
	return hashes, nil
}

func hashOf(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(bytes) != len(hash) {
		return hash, fmt.Errorf("%q is no hash", text)
	}
	copy(hash[:], bytes)
	return hash, nil
}
