-- one row per use whose text was accepted up to the cut of $epoch, with the epoch in which it was
SELECT inference, text_map, epoch FROM inference_text WHERE epoch <= $epoch
