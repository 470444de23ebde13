# A thin front: one command an intent.
.PHONY: build demo check fuzz sim bench fmt clean
build:
	./demo --build
demo:
	./demo
check:
	./check
fuzz: # seconds for each target: make fuzz SECONDS=600
	tools/fuzz $(or $(SECONDS),60)
sim: # faults by seed: make sim SEEDS=20000 FIRST=1
	tools/sim $(or $(SEEDS),2000) $(or $(FIRST),1)
bench: build
	for b in kernel store http memory start des hold twin route route-window vda vehicle fleet tree; do build/cuakhau bench $$b --dir build; done
fmt:
	git ls-files 'src/*.c' 'src/*.h' 'verify/*.c' 'verify/*.h' 'tests/*.c' 'tests/*.h' | xargs clang-format-14 -i
clean:
	rm -rf build build-*
