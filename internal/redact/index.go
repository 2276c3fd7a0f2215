package redact

// blockLength is how much of a text is looked up at once.
const blockLength = 8

// index determines in one pass over a text whether it may contain any of many parts. The
// text is divided into blocks of 8 bytes. A part of 16 bytes, wherever it is, covers a
// whole block, so the blocks at its first nine offsets are indexed. This makes searching
// for a dozen spellings cheap enough for every response.
type index struct {
	bits   [64]uint64 // by hash; avoids most lookups
	blocks map[uint64]struct{}
}

func newIndex() *index { return &index{blocks: make(map[uint64]struct{})} }

func (x *index) add(part string) {
	for i := range partLength - blockLength + 1 {
		b := block(part[i:])
		h := hash(b)
		x.bits[h/64] |= 1 << (h % 64)
		x.blocks[b] = struct{}{}
	}
}

func (x *index) mayHit(text string) bool {
	if x == nil {
		return false
	}
	for len(text) >= blockLength {
		b := block(text)
		if h := hash(b); x.bits[h/64]&(1<<(h%64)) != 0 {
			if _, ok := x.blocks[b]; ok {
				return true
			}
		}
		text = text[blockLength:]
	}
	return false
}

// block returns the first eight bytes of s; the compiler turns it into one load.
func block(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// hash returns one of 4096 values.
func hash(b uint64) uint64 { return b * 0x9e3779b97f4a7c15 >> 52 }
