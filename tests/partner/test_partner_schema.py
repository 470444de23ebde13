"""What the WCO adapter writes is valid by the schema of the response (RES-DMS:2) inside its MetaData, for messages by seed.
Skips, saying so, where the schema or xmllint is not at hand."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

say, schemas = sys.argv[1], pathlib.Path(sys.argv[2])
if not schemas.is_dir() or not shutil.which("xmllint"):
    print("skipped: the WCO schemas or xmllint are not here")
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    xsd = pathlib.Path(folder) / "all.xsd"
    xsd.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<xs:import namespace="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2" schemaLocation="{schemas}/notification/DocumentMetaData_2_DMS.xsd"/>'
        f'<xs:import namespace="urn:wco:datamodel:WCO:RES-DMS:2" schemaLocation="{schemas}/notification/WCO_RES_2_DMS.xsd"/></xs:schema>'
    )
    subprocess.run([say, "wco", "400", folder], check=True)
    files = sorted(pathlib.Path(folder).glob("*.xml"))
    run = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", xsd, *files], capture_output=True, text=True)
    good = sum(line.endswith(".xml validates") for line in run.stderr.split("\n"))
    if run.returncode or good != len(files):
        print("\n".join(line for line in run.stderr.split("\n") if "validates" not in line)[:4000])
        sys.exit(1)
    broken = pathlib.Path(folder) / "1.xml"  # the judge judges
    broken.write_text(broken.read_text().replace("<NameCode>", "<NameCode>LONGER"))
    if subprocess.run(["xmllint", "--nonet", "--noout", "--schema", xsd, broken], capture_output=True).returncode == 0:
        sys.exit("a document that is not valid was found valid")
    print(f"{len(files)} responses are valid by the schema")
